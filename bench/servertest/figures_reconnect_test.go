//go:build figures

package servertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"plenum/bench/wsclient"
)

// TestFigureReconnect opens and closes all connections in rounds. After each round the server must
// have no more descriptors than before the first one. Its memory may hardly grow after the first round,
// because heap and pools have their sizes by then.
func TestFigureReconnect(t *testing.T) {
	const n, size, rounds = 10_000, 50, 10
	s := startServer(t)
	pool := newPool(t, wsclient.Config{})
	round := func() {
		clients := fill(t, s, pool, n, size)
		s.requireConsistent(t)
		empty(t, pool, clients)
	}

	empty(t, pool, fill(t, s, pool, 1, 1)) // now the server has the descriptors that it opens once
	s.requireConsistent(t)
	fds := s.descriptors(t)
	round()
	closed := func() bool { return s.descriptors(t) <= fds }
	state := func() string { return fmt.Sprintf("%d descriptors, %d before", s.descriptors(t), fds) }
	s.awaitDescriptors(t, closed, state)
	first := s.settledRSS(t)
	for i := 2; i <= rounds; i++ {
		round()
		s.awaitDescriptors(t, closed, state)
		t.Logf("figure: reconnect round %d: descriptors back to %d, RSS %.1f MiB", i, fds, mebibytes(s.rss(t)))
	}
	last := s.settledRSS(t)
	t.Logf("figure: reconnect %d connections, %d rounds: RSS %.1f MiB after the first, %.1f MiB after the last",
		n, rounds, mebibytes(first), mebibytes(last))
	assert.LessOrEqual(t, float64(last), float64(first)*1.15+4<<20)
	assert.EqualValues(t, n*rounds+1, pool.Stats().Clean)
	assert.Zero(t, pool.Stats().Broken)
}
