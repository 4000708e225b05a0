//go:build figures

package servertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/certificate"
	"plenum/bench/wsclient"
)

// TestFigureTLSAndCompression opens plain connections, compressed ones and ones with TLS, each in
// rooms of 50. They must need no goroutines, and a message must reach all of them.
func TestFigureTLSAndCompression(t *testing.T) {
	c, err := certificate.Write(t.TempDir())
	require.NoError(t, err)
	plain := wireFigure(t, "plain", 18_000, wsclient.Config{})
	compressed := wireFigure(t, "compressed", 18_000, wsclient.Config{Compression: true}, "PLENUM_COMPRESSION=on")
	assert.LessOrEqual(t, compressed-plain, 102.4, "0.1 KB")
	wireFigure(t, "TLS", 5_000, wsclient.Config{TLS: wsclient.TLSConfig(c.Roots)}, "PLENUM_TLS_CERT="+c.Cert, "PLENUM_TLS_KEY="+c.Key)
}

// wireFigure opens n connections to a new server, checks a message in each room, and returns the
// server's memory per connection in bytes.
func wireFigure(t *testing.T, name string, n int, cfg wsclient.Config, env ...string) float64 {
	const size = 50
	s := startServer(t, append(env, "PLENUM_HISTORY_MESSAGES=0")...)
	pool := newPool(t, cfg)
	base, goroutines := s.settledRSS(t), s.goroutines(t)
	clients := fill(t, s, pool, n, size)
	awaitQuiet(t, pool)
	each := float64(s.settledRSS(t)-base) / float64(n)
	t.Logf("figure: %s: %.0f bytes per connection, %d more goroutines", name, each, s.goroutines(t)-goroutines)
	assert.InDelta(t, goroutines, s.goroutines(t), 2)
	before := pool.Stats().Messages
	for i := 0; i < n; i += size {
		require.NoError(t, clients[i].Send([]byte("the message")))
	}
	eventually(t, time.Minute, func() bool { return pool.Stats().Messages == before+uint64(n) },
		func() string { return fmt.Sprint(pool.Stats().Messages - before) })
	empty(t, pool, clients)
	s.requireConsistent(t)
	return each
}
