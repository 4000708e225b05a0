package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMemoryIsCollectedOnceARushIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened, collected atomic.Uint64
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go afterRush(ctx, opened.Load, func() { collected.Add(1) })
		pass := func(more uint64) uint64 {
			opened.Add(more)
			time.Sleep(calmTime) // fake time
			synctest.Wait()
			return collected.Load()
		}
		synctest.Wait()
		assert.Zero(t, pass(rush-1), "no rush")
		assert.Zero(t, pass(rush), "a rush, and more may come")
		assert.Zero(t, pass(calm))
		assert.EqualValues(t, 1, pass(calm-1))
		assert.EqualValues(t, 1, pass(0), "once")
		for range 2 * rush / calm {
			assert.EqualValues(t, 1, pass(calm), "a steady stream is no rush")
		}
		assert.EqualValues(t, 2, pass(0))
	})
}
