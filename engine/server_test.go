package engine_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// soon bounds how long a test waits for an expected event. poll is the interval at which it checks.
const (
	soon = 30 * time.Second
	poll = 2 * time.Millisecond
)

// Tolerances of the tests with the real clock. They use real sockets, which fake time does not support. The internal
// tests check the rules of the timers without a clock.
const (
	early = 250 * time.Millisecond // one tick of the wheel: a deadline may be noticed this much too early
	late  = 4 * time.Second        // two ticks, and the delays of a busy machine
)

// server is an Engine that serves on a loopback port.
type server struct {
	*engine.Engine
	addr     string
	served   chan error
	upgraded atomic.Int64 // number of calls of Upgrade that have returned
}

// serve runs a server. newHandler returns the Handler of each connection.
func serve(t testing.TB, cfg engine.Config, newHandler func() engine.Handler) *server {
	t.Helper()
	return serveOn(t, listen(t, 0), cfg, newHandler)
}

// listen opens a loopback port. sndbuf is the size of the send buffer of its connections in the kernel; 0 means the
// default.
func listen(t testing.TB, sndbuf int) net.Listener {
	t.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		if sndbuf == 0 {
			return nil
		}
		return raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, sndbuf)
		})
	}}
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return ln
}

func serveOn(t testing.TB, ln net.Listener, cfg engine.Config, newHandler func() engine.Handler) *server {
	t.Helper()
	var s *server
	cfg.NonBlocking = func(*http.Request) bool { return true }
	s = serveRoutes(t, ln, cfg, func(w http.ResponseWriter, r *http.Request) {
		_ = s.Upgrade(w, r, nil, newHandler())
		s.upgraded.Add(1)
	})
	return s
}

func serveRoutes(t testing.TB, ln net.Listener, cfg engine.Config, routes http.HandlerFunc) *server {
	t.Helper()
	if overTLS {
		cfg.TLS = serverTLS
	}
	e, err := engine.New(cfg)
	require.NoError(t, err)
	s := &server{Engine: e, addr: ln.Addr().String(), served: make(chan error, 1)}
	go func() { s.served <- e.Serve(ln, routes) }()
	t.Cleanup(func() { s.stop(t) })
	return s
}

// stop shuts the engine down at once and checks its counters.
func (s *server) stop(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Shutdown(ctx)
	assert.NoError(t, <-s.served)
	assert.NoError(t, s.Check(), "the counters agree with the tables")
	assert.Zero(t, s.Stats().Counts[engine.Connections])
}

func (s *server) refused(why engine.Refusal) uint64 { return s.Stats().Refused[why] }

// hooks is a Handler made of functions. Each may be nil.
type hooks struct {
	open    func(c *engine.Conn)
	message func(c *engine.Conn, op frame.Opcode, data []byte)
	closed  func(c *engine.Conn, code int)
}

func (h hooks) OnOpen(c *engine.Conn) {
	if h.open != nil {
		h.open(c)
	}
}

func (h hooks) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	if h.message != nil {
		h.message(c, op, data)
	}
}

func (h hooks) OnClose(c *engine.Conn, code int) {
	if h.closed != nil {
		h.closed(c, code)
	}
}

func echo() engine.Handler {
	return hooks{message: func(c *engine.Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }}
}

// journal is a Handler that records the calls for one connection.
type journal struct {
	hooks
	opened chan *engine.Conn

	mu       sync.Mutex
	messages []string
	codes    []int
}

func newJournal() *journal { return &journal{opened: make(chan *engine.Conn, 1)} }

func (j *journal) OnOpen(c *engine.Conn) {
	j.hooks.OnOpen(c)
	j.opened <- c
}

func (j *journal) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	j.mu.Lock()
	j.messages = append(j.messages, string(data))
	j.mu.Unlock()
	j.hooks.OnMessage(c, op, data)
}

func (j *journal) OnClose(c *engine.Conn, code int) {
	j.mu.Lock()
	j.codes = append(j.codes, code)
	j.mu.Unlock()
	j.hooks.OnClose(c, code)
}

func (j *journal) read() (messages []string, codes []int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.messages), slices.Clone(j.codes)
}

// wantClosed waits for OnClose. It must be called once, with code.
func (j *journal) wantClosed(t testing.TB, code int) {
	t.Helper()
	require.Eventually(t, func() bool { _, codes := j.read(); return len(codes) > 0 }, soon, poll)
	_, codes := j.read()
	require.Equal(t, []int{code}, codes)
}

// serveJournal runs a server for one connection and returns the journal of that connection.
func serveJournal(t testing.TB, cfg engine.Config) (*server, *journal) {
	t.Helper()
	j := newJournal()
	return serve(t, cfg, func() engine.Handler { return j }), j
}

// brokenListener is a listener whose Accept fails when broken is closed.
type brokenListener struct {
	net.Listener
	broken chan struct{}
}

func (l *brokenListener) Accept() (net.Conn, error) {
	<-l.broken
	return nil, errors.New("the listener broke")
}

func TestServeReturnsWhenItsListenerFailsPermanently(t *testing.T) {
	e, err := engine.New(engine.Config{})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	broken := make(chan struct{})
	close(broken)
	err = e.Serve(&brokenListener{ln, broken}, http.NotFoundHandler())
	require.ErrorContains(t, err, "the listener broke")
	require.NoError(t, e.Shutdown(t.Context()))
}

func TestMaxConnsStaysBelowTheDescriptorLimit(t *testing.T) {
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	for _, wanted := range []int{0, 1 << 30} {
		e, err := engine.New(engine.Config{MaxConns: wanted})
		require.NoError(t, err)
		assert.Less(t, uint64(e.Stats().Counts[engine.MaxConnections]), limit.Cur)
	}
}
