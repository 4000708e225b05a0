//go:build figures

package servertest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/wsclient"
)

// cgroupLimit makes a memory cgroup of version 1 or 2 with a limit, which exists until the test
// ends. It skips the test if it cannot make one.
func cgroupLimit(t *testing.T, limit int) (dir string) {
	t.Helper()
	self, err := procfs.Self()
	require.NoError(t, err)
	groups, err := self.Cgroups()
	require.NoError(t, err)
	root, file := "/sys/fs/cgroup", "memory.max"
	for _, g := range groups { // version 2 comes last
		if slices.Contains(g.Controllers, "memory") {
			root, file = filepath.Join(root, "memory", g.Path), "memory.limit_in_bytes"
			break
		}
		if g.HierarchyID == 0 {
			root = filepath.Join(root, g.Path)
		}
	}
	dir = filepath.Join(root, fmt.Sprint("plenum", os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("cannot make a cgroup: %v", err)
	}
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return os.Remove(dir) == nil }, 10*time.Second, 50*time.Millisecond)
	})
	if err := os.WriteFile(filepath.Join(dir, file), fmt.Appendln(nil, limit), 0o644); err != nil {
		t.Skipf("cannot set the limit of a cgroup: %v", err)
	}
	return dir
}

// TestFigureMemoryLimit opens connections until the server refuses new ones for lack of memory.
// The connected clients must still be served.
func TestFigureMemoryLimit(t *testing.T) {
	const limit, most, size = 40 << 20, 19_000, 10
	dir := cgroupLimit(t, limit)
	s := startServerBy(t, []string{"sh", "-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, dir})
	require.Equal(t, limit, s.metric(t, "plenum_memory_limit_bytes"), "the limit is the cgroup's")
	pool := newPool(t, wsclient.Config{})
	first := fill(t, s, pool, size, size)
	n := size
	for ; n < most && s.metric(t, `plenum_refused_total{reason="busy"}`) == 0; n = int(pool.Stats().Open) {
		_, _ = pool.DialAll(t.Context(), 500, dialers, func(i int) string { // fails once connections are refused
			return fmt.Sprintf("%s/ws/chat/room%d?username=%s", s.ws, (n+i)/size, memberName(n+i))
		})
	}
	t.Logf("figure: with a cgroup of %.0f MiB %d connections were accepted; RSS %.1f MiB, used of the limit %.1f MiB",
		mebibytes(limit), n, mebibytes(s.rss(t)), mebibytes(s.metric(t, "plenum_memory_used_bytes")))
	assert.Less(t, n, most, "no connection was refused")
	_, err := pool.Dial(t.Context(), s.ws+"/echo", 0)
	require.ErrorContains(t, err, "503")
	before := pool.Stats().Messages
	require.NoError(t, first[0].Send([]byte("still served")))
	eventually(t, 10*time.Second, func() bool { return pool.Stats().Messages >= before+size }, func() string { return "connected clients are not served" })
	assert.EqualValues(t, n, pool.Stats().Open)
	pool.Shutdown()
	eventually(t, 30*time.Second, func() bool { return s.metric(t, "plenum_memory_short") == 0 }, func() string { return "new connections are still refused" })
}
