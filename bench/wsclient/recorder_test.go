package wsclient

import (
	"cmp"
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
	"plenum/codec/frame"
)

// received is one message that the pool delivered.
type received struct {
	c       *Client
	op      frame.Opcode
	payload string
}

// recorder is a pool whose callbacks send to channels.
type recorder struct {
	*Pool
	messages chan received
	ends     chan End
}

func newRecorder(t testing.TB, cfg Config) *recorder {
	r := &recorder{messages: make(chan received, 1<<16), ends: make(chan End, 1<<10)}
	cfg.OnMessage = func(c *Client, op frame.Opcode, payload []byte) {
		r.messages <- received{c, op, string(payload)}
	}
	cfg.OnClose = func(_ *Client, end End) { r.ends <- end }
	cfg.TLS = cmp.Or(cfg.TLS, trustFakeServers())
	pool, err := NewPool(cfg)
	require.NoError(t, err)
	r.Pool = pool
	t.Cleanup(pool.Shutdown)
	return r
}

// trustFakeServers returns a client configuration that trusts all fake servers.
func trustFakeServers() *tls.Config { return TLSConfig(fakeserver.Roots()) }
