package memory

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestGarbageIsCollectedOnceAfterABurstOfConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened, collected atomic.Uint64
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go AfterBursts(ctx, opened.Load, func() { collected.Add(1) })
		open := func(more uint64) uint64 {
			opened.Add(more)
			time.Sleep(calmTime) // fake time
			synctest.Wait()
			return collected.Load()
		}
		synctest.Wait()
		assert.Zero(t, open(burst-1), "too few for a burst")
		assert.Zero(t, open(burst), "the burst has not ended")
		assert.Zero(t, open(calm), "the burst has not ended")
		assert.EqualValues(t, 1, open(calm-1))
		assert.EqualValues(t, 1, open(0), "only one collection per burst")
		for range 2 * burst / calm {
			assert.EqualValues(t, 1, open(calm), "connections are still being opened")
		}
		assert.EqualValues(t, 2, open(0))
	})
}
