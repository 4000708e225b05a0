package memory

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMemoryIsCollectedOnceABurstIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened, collected atomic.Uint64
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go AfterBursts(ctx, opened.Load, func() { collected.Add(1) })
		pass := func(more uint64) uint64 {
			opened.Add(more)
			time.Sleep(calmTime) // fake time
			synctest.Wait()
			return collected.Load()
		}
		synctest.Wait()
		assert.Zero(t, pass(burst-1), "no burst")
		assert.Zero(t, pass(burst), "a burst, and more may come")
		assert.Zero(t, pass(calm))
		assert.EqualValues(t, 1, pass(calm-1))
		assert.EqualValues(t, 1, pass(0), "once")
		for range 2 * burst / calm {
			assert.EqualValues(t, 1, pass(calm), "a steady stream is no burst")
		}
		assert.EqualValues(t, 2, pass(0))
	})
}
