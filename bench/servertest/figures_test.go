//go:build figures

package servertest

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

const dialers = 64

// fill opens n connections, with size members per room, and logs the rate of upgrades.
func fill(t testing.TB, s *server, pool *wsclient.Pool, n, size int) []*wsclient.Client {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	begin := time.Now()
	clients, err := pool.DialAll(ctx, n, dialers, func(i int) string {
		return fmt.Sprintf("%s/ws/chat/room%d?username=%s", s.ws, i/size, memberName(i))
	})
	require.NoError(t, err)
	took := time.Since(begin)
	t.Logf("figure: %d upgrades in %.2f s, %.0f per second", n, took.Seconds(), float64(n)/took.Seconds())
	return clients
}

// empty closes the clients and waits until their closing handshakes are done.
func empty(t testing.TB, pool *wsclient.Pool, clients []*wsclient.Client) {
	for _, c := range clients {
		require.NoError(t, c.Close(frame.CloseNormal))
	}
	eventually(t, time.Minute, func() bool { return pool.Stats().Open == 0 },
		func() string { return fmt.Sprintf("%+v", pool.Stats()) })
}

func TestFigureIdleMemory(t *testing.T) {
	const n, size, limit = 19_000, 10, 1.6 * 1024
	s := startServer(t)
	pool := newPool(t, wsclient.Config{})
	empty(t, pool, fill(t, s, pool, 1, 1)) // now the server has made the allocations that it makes once
	base := s.settledRSS(t)
	goroutines := s.goroutines(t)

	fill(t, s, pool, n, size)
	pings := func() bool { return pool.Stats().Pings >= n }
	eventually(t, time.Minute, pings, func() string { return fmt.Sprintf("heartbeat: %+v", pool.Stats()) })
	rss := s.settledRSS(t)
	each := float64(rss-base) / n
	t.Logf("figure: idle memory %.0f bytes per connection (%d connections, rooms of %d, RSS %.1f MiB over %.1f MiB)",
		each, n, size, mebibytes(rss-base), mebibytes(base))
	assert.LessOrEqual(t, each, limit, "bytes per connection")

	assert.InDelta(t, goroutines, s.goroutines(t), 2, "goroutines with %d connections and with none", n)
	s.adminPage(t, "/debug/pprof/heap?gc=1")
	t.Logf("figure: idle memory %.0f bytes per connection after a forced collection", float64(s.settledRSS(t)-base)/n)
	assert.EqualValues(t, n, pool.Stats().Open)
	assert.Zero(t, pool.Stats().Broken)
	s.requireConsistent(t)
}

// TestFigureIdleTimers has its own server, because its heap profile records every allocation.
// That would distort the figures of other tests.
func TestFigureIdleTimers(t *testing.T) {
	const n, size = 2_000, 10
	s := startServer(t, "GODEBUG=memprofilerate=1")
	pool := newPool(t, wsclient.Config{})
	fill(t, s, pool, n, size)
	status, profile := s.adminPage(t, "/debug/pprof/heap?debug=1&gc=1")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, profile, "@ heap/2\n", "the profile is of all allocations")
	timers := timersIn(t, profile)
	t.Logf("figure: %d live objects of time.Timers with %d connections", timers, n)
	assert.Less(t, timers, 100)
}

var (
	timerPattern  = regexp.MustCompile(`\ttime\.(newTimer|NewTimer|AfterFunc|NewTicker)\+`)
	recordPattern = regexp.MustCompile(`(?m)^(\d+): \d+ \[\d+: \d+\] @ 0x`) // live: bytes [made: bytes] @ stack
)

// timersIn counts the live objects of a heap profile that were allocated by a constructor of
// a timer.
func timersIn(t testing.TB, profile string) (live int) {
	for record := range strings.SplitSeq(profile, "\n\n") {
		count := recordPattern.FindStringSubmatch(record)
		if count == nil || !timerPattern.MatchString(record) {
			continue
		}
		n, err := strconv.Atoi(count[1])
		require.NoError(t, err)
		live += n
	}
	return live
}
