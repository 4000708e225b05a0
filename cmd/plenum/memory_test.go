package main

import (
	"context"
	"math"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/settings"
)

func TestNobodyIsLetInWhileMemoryIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{limit: 1000}
		var has, garbage, collections atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		collect := func() {
			collections.Add(1)
			has.Add(-garbage.Swap(0))
		}
		go m.watch(ctx, has.Load, collect)
		busy := func(now int64) bool {
			has.Store(now)
			time.Sleep(memoryTick) // fake time
			synctest.Wait()
			return m.busy.Load()
		}
		assert.False(t, busy(899))
		garbage.Store(100)
		assert.False(t, busy(900), "it was garbage")
		assert.True(t, busy(900))
		assert.True(t, busy(850), "not calm yet")
		assert.False(t, busy(849))
		assert.EqualValues(t, 1, collections.Load(), "not so often")
		time.Sleep(collectTick)
		assert.True(t, busy(950))
		assert.EqualValues(t, 2, collections.Load())
	})
}

func TestAMemoryLimitOfNothingWatchesNothing(t *testing.T) {
	m := &memory{}
	m.watch(t.Context(), func() int64 { return math.MaxInt64 }, nil)
	assert.False(t, m.busy.Load())
}

func TestUpgradesAreRefusedBeyondTheMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	s := start(t, "--memory-limit=16MiB") // this process has more
	assert.Positive(t, debug.SetMemoryLimit(-1))
	assert.Less(t, debug.SetMemoryLimit(-1), int64(16<<20), "Go's collector does what it can")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_memory_short") == "1" }, wait, tick)
	resp, err := http.DefaultClient.Do(handshakeTo(t, s.url+"/echo"))
	require.NoError(t, err)
	read(t, resp)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="busy"}`))
}

func handshakeTo(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		r.Header.Set(name, value)
	}
	return r
}

func TestTheMemoryLimitIsTheCgroupsByItself(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	m, err := newMemory(settings.Auto)
	require.NoError(t, err)
	here, err := memoryHere()
	require.NoError(t, err)
	assert.Equal(t, here, m.limit)
}
