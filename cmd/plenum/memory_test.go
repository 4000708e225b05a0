package main

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/settings"
)

func TestNobodyIsLetInWhileMemoryIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var has, garbage, collections atomic.Int64
		m := &memory{limit: 1000, used: has.Load, log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		collect := func() {
			collections.Add(1)
			has.Add(-garbage.Swap(0))
		}
		go m.watch(ctx, collect)
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
	m := &memory{used: func() int64 { return math.MaxInt64 }}
	m.watch(t.Context(), nil)
	assert.False(t, m.busy.Load())
}

func TestUpgradesAreRefusedBeyondTheMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	ballast := bytes.Repeat([]byte{1}, 32<<20)
	defer runtime.KeepAlive(ballast)
	s := start(t, "--memory-limit=32MiB")
	assert.Positive(t, debug.SetMemoryLimit(-1))
	assert.Less(t, debug.SetMemoryLimit(-1), int64(32<<20), "Go's collector does what it can")
	require.Eventually(t, func() bool { return s.metric(t, "plenum_memory_short") == "1" }, wait, tick)
	resp, err := http.DefaultClient.Do(handshakeTo(t, s.url+"/echo"))
	require.NoError(t, err)
	read(t, resp)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.Equal(t, "1", s.metric(t, `plenum_refused_total{reason="busy"}`))
	assert.Contains(t, s.log.String(), "memory is short")
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
	m := newMemory(settings.Auto, slog.New(slog.DiscardHandler))
	here, err := memoryHere()
	require.NoError(t, err)
	assert.Equal(t, here, m.limit)
}

func TestACgroupsMemoryIsWhatItHasUsedWithoutTheCache(t *testing.T) {
	self, err := procfs.Self()
	require.NoError(t, err)
	groups, err := self.Cgroups()
	require.NoError(t, err)
	at := map[bool]string{} // by whether it is version 1
	for _, g := range groups {
		if one := slices.Contains(g.Controllers, "memory"); one || g.HierarchyID == 0 {
			at[one] = g.Path
		}
	}
	for name, c := range map[string]struct {
		dir, current, stat string
		want               int64
	}{
		"version 2":                {at[false], "memory.current", "anon 100\nactive_file 30\ninactive_file 20\n", 950},
		"version 2 in a container": {"", "memory.current", "active_file 30\n", 970},
		"version 1":                {"memory/" + at[true], "memory.usage_in_bytes", "active_file 1\ninactive_file 1\ntotal_active_file 300\ntotal_inactive_file 200\n", 500},
		"version 1 in a container": {"memory", "memory.usage_in_bytes", "", 1000},
	} {
		if _, has := at[strings.HasPrefix(c.dir, "memory")]; !has {
			continue // this kernel has the other version alone
		}
		mount := t.TempDir()
		dir := filepath.Join(mount, c.dir)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, c.current), []byte("1000\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "memory.stat"), []byte(c.stat), 0o600))
		use := cgroupUse(mount)
		require.NotNil(t, use, name)
		assert.Equal(t, c.want, use(), name)
	}
	assert.Nil(t, cgroupUse(t.TempDir()))
}
