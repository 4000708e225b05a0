//go:build figures || soak

package servertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"plenum/bench/wsclient"
)

// eventually waits until done returns true. If that takes too long, it fails the test with the result
// of state.
func eventually(t testing.TB, within time.Duration, done func() bool, state func() string) {
	t.Helper()
	deadline := time.Now().Add(within)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		if time.Now().After(deadline) {
			require.FailNow(t, "not in time", "within %v: %s", within, state())
		}
		<-ticker.C
	}
}

func newPool(t testing.TB, cfg wsclient.Config) *wsclient.Pool {
	pool, err := wsclient.NewPool(cfg)
	require.NoError(t, err)
	t.Cleanup(pool.Shutdown)
	return pool
}

func memberName(i int) string { return fmt.Sprintf("m%05d", i) }

func mebibytes(n int) float64 { return float64(n) / (1 << 20) }

// awaitQuiet waits until no messages arrive for 2.5 s, so that all announcements have arrived.
func awaitQuiet(t testing.TB, pool *wsclient.Pool) {
	seen, since := pool.Stats().Messages, time.Now()
	eventually(t, time.Minute, func() bool {
		if now := pool.Stats().Messages; now != seen {
			seen, since = now, time.Now()
		}
		return time.Since(since) > 2500*time.Millisecond
	}, func() string { return "messages still arrive" })
}

// awaitDescriptors waits until the server has closed the sockets of a round. Its counters must
// be consistent then.
func (s *server) awaitDescriptors(t *testing.T, closed func() bool, state func() string) {
	eventually(t, 30*time.Second, closed, state)
	s.requireConsistent(t)
}
