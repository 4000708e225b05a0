package memory

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
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

func TestMemoryIsShortAt90PercentOfTheLimitUntilLessThan85PercentAreUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var has, garbage, collections atomic.Int64
		m := &Watch{limit: 1000, used: has.Load, log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		collect := func() {
			collections.Add(1)
			has.Add(-garbage.Swap(0))
		}
		go m.Run(ctx, collect)
		shortAt := func(used int64) bool {
			has.Store(used)
			time.Sleep(watchTick) // fake time
			synctest.Wait()
			return m.Short()
		}
		assert.False(t, shortAt(899))
		garbage.Store(100)
		assert.False(t, shortAt(900), "collecting garbage was enough")
		assert.True(t, shortAt(900))
		assert.True(t, shortAt(850))
		assert.False(t, shortAt(849))
		assert.EqualValues(t, 1, collections.Load(), "at most one collection per collectTick")
		time.Sleep(collectTick)
		assert.True(t, shortAt(950))
		assert.EqualValues(t, 2, collections.Load())
	})
}

func TestWithoutALimitMemoryIsNeverShort(t *testing.T) {
	m := &Watch{used: func() int64 { return math.MaxInt64 }}
	m.Run(t.Context(), nil)
	assert.False(t, m.Short())
}

func TestTheAutomaticLimitIsThatOfTheCgroup(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	m := New(settings.Auto, slog.New(slog.DiscardHandler))
	here, err := CgroupLimit()
	require.NoError(t, err)
	assert.Equal(t, here, m.limit)
}

func TestTheMemoryUseOfACgroupExcludesCachedFiles(t *testing.T) {
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
			continue // this kernel has only the other version
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
