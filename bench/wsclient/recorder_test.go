package wsclient

import (
	"cmp"
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
	"plenum/codec/frame"
)

// heard is one message that the pool delivered.
type heard struct {
	c       *Client
	op      frame.Opcode
	payload string
}

// recorder is a pool whose callbacks end in channels.
type recorder struct {
	*Pool
	messages chan heard
	ends     chan End
}

func newRecorder(t testing.TB, cfg Config) *recorder {
	r := &recorder{messages: make(chan heard, 1<<16), ends: make(chan End, 1<<10)}
	cfg.OnMessage = func(c *Client, op frame.Opcode, payload []byte) {
		r.messages <- heard{c, op, string(payload)}
	}
	cfg.OnClose = func(_ *Client, end End) { r.ends <- end }
	cfg.TLS = cmp.Or(cfg.TLS, trusting())
	pool, err := NewPool(cfg)
	require.NoError(t, err)
	r.Pool = pool
	t.Cleanup(pool.Shutdown)
	return r
}

// trusting is a client's configuration that knows the certificate of every fake server.
func trusting() *tls.Config { return TLSConfig(fakeserver.Roots()) }
