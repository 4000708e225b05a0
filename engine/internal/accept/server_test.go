package accept

import (
	"bufio"
	"cmp"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"golang.org/x/time/rate"

	"plenum/engine/internal/adopt"
	"plenum/engine/internal/mailbox"
	"plenum/engine/internal/nbiolog"
)

// ask sends a request that keeps the connection open, and waits for the answer.
func ask(t *testing.T, conn net.Conn) error {
	t.Helper()
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// server is a Server with pollers, and the refusals that it has reported.
type server struct {
	*Server
	nb *nbio.Engine

	mu      sync.Mutex
	reasons []Reason
}

func newServer(cfg Config) *server {
	s := &server{}
	unlimited := rate.NewLimiter(rate.Inf, 0)
	cfg.MaxHandshakes = 2048
	cfg.HandshakeTimeout = cmp.Or(cfg.HandshakeTimeout, soon)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, time.Minute)
	cfg.MaxSockets = cmp.Or(cfg.MaxSockets, 1<<20)
	cfg.MaxHeader = 64 << 10
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Upgraded = func() int { return 0 }
	cfg.Rate = func() *rate.Limiter { return unlimited }
	cfg.Refused = func(why Reason, _ string, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reasons = append(s.reasons, why)
	}
	cfg.SetOptions = func(int) error { return nil }
	s.Server = NewServer(cfg)
	return s
}

// poll starts pollers, which then accept. It waits until they run, because nbio cannot stop a poller that has not begun.
func (s *server) poll(t testing.TB, pollers int) {
	t.Helper()
	nbiolog.LogTo(slog.New(slog.DiscardHandler))
	s.nb = nbio.NewEngine(nbio.Config{NPoller: pollers, EpollMod: nbio.EPOLLET})
	s.nb.OnRead(func(nc *nbio.Conn) {
		adopt.Acquire()
		switch session := nc.Session().(type) {
		case Session:
			session.Readable(nc)
		case *mailbox.Mailbox:
			session.Readable(nc, *s.nb.PollerBufferPtr(nc))
		}
	})
	require.NoError(t, adopt.CloseSync(s.nb, func(nc *nbio.Conn) {
		switch session := nc.Session().(type) {
		case Session:
			session.Closed()
		case *mailbox.Mailbox:
			session.Close()
		}
	}))
	require.NoError(t, s.nb.Start())
	boxes, err := mailbox.NewMailboxes(s.nb, pollers)
	require.NoError(t, err)
	for _, m := range boxes {
		running := make(chan struct{})
		m.Post(func() { close(running) })
		<-running
	}
	p, err := adopt.New(s.nb, nbio.MaxOpenFiles)
	require.NoError(t, err)
	s.UsePollers(p)
}

func (s *server) refusals() []Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reasons
}

// stop stops the Server, as Engine.Shutdown does.
func (s *server) stop(t *testing.T) {
	s.StopAccepting()
	s.Finish(t.Context())
}

// serving runs the Server until the test ends, and returns a function that connects to it.
func (s *server) serving(t *testing.T, h http.HandlerFunc) (dial func() net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if s.nb == nil {
		s.poll(t, 2)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln, h) }()
	t.Cleanup(func() {
		s.stop(t) // the context has ended, so open connections are closed
		require.NoError(t, <-ended)
		s.nb.Stop()
	})
	return func() net.Conn {
		conn, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(soon)))
		return conn
	}
}

// soon bounds how long a test waits for an expected event.
const soon = 30 * time.Second

func (s *Server) stillPending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}

func TestIdleConnectionsAreEvictedBeyondMaxSockets(t *testing.T) {
	s := newServer(Config{MaxSockets: 3})
	dial := s.serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for n := range 10 {
		require.NoError(t, ask(t, dial()), "connection %d", n)
		require.Eventually(t, func() bool { return s.stillPending() <= s.cfg.MaxSockets },
			soon, time.Millisecond, "%d idle connections and none was evicted", n+1)
	}
}

func TestAnIdleConnectionIsClosedAfterIdleTimeout(t *testing.T) {
	dial := newServer(Config{IdleTimeout: 50 * time.Millisecond}).serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	conn := dial()
	require.NoError(t, ask(t, conn))
	_, err := conn.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF)
}

// halfRead returns the number of half-open connections from which exactly size bytes have been received and read, either
// by a poller or by net/http.
func (s *Server) halfRead(t *testing.T, size int, byNetHTTP bool) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := s.halfOpen.first; c != nil; c = c.next {
		count := func(fd uintptr) {
			info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
			require.NoError(t, err)
			unread, err := unix.IoctlGetInt(int(fd), unix.SIOCINQ)
			require.NoError(t, err)
			if info.Bytes_received == uint64(size) && unread == 0 && c.begun.Load() == byNetHTTP {
				n++
			}
		}
		if c.nc != nil {
			c.nc.Lock()
			if closed, _ := c.nc.IsClosed(); !closed { // otherwise it is leaving its poller
				count(uintptr(c.nc.Hash()))
			}
			c.nc.Unlock()
			continue
		}
		raw, err := c.Conn.(*net.TCPConn).SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(count))
	}
	return n
}

func TestStoppingReportsNoIncompleteHeadAsRefused(t *testing.T) {
	for half, byNetHTTP := range map[string]bool{"GET / HTTP/1.1\r\nHost: x\r\n": false, "GET / HTTP/1.1\r\nHost:\tx\r\n": true} {
		s := newServer(Config{})
		dial := s.serving(t, http.NotFound)
		conns := []net.Conn{dial(), dial(), dial()}
		for _, conn := range conns {
			_, err := conn.Write([]byte(half))
			require.NoError(t, err)
		}
		require.Eventually(t, func() bool { return s.halfRead(t, len(half), byNetHTTP) == len(conns) }, soon, time.Millisecond)
		s.stop(t)
		require.Eventually(t, func() bool { return s.stillPending() == 0 }, soon, time.Millisecond)
		assert.Empty(t, s.refusals(), "%q", half)
		for _, conn := range conns {
			answer, err := io.ReadAll(conn)
			assert.NoError(t, err)
			assert.Empty(t, answer)
		}
	}
}

// closesAfter is a listener that records whether Server.stopped was set when it is closed.
type closesAfter struct {
	net.Listener
	server  *server
	stopped chan bool
}

func (l *closesAfter) Close() error {
	select {
	case l.stopped <- l.server.hasStopped():
	default: // net/http closes it more than once
	}
	return l.Listener.Close()
}

// When net/http closes its listener, it also closes connections with an incomplete head that are older than 5 s. The
// Server must know by then that it is stopping, so that it does not report them as refused.
func TestStoppedIsSetBeforeTheListenerIsClosed(t *testing.T) {
	s := newServer(Config{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &closesAfter{Listener: ln, server: s, stopped: make(chan bool, 1)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l, http.NotFoundHandler()) }()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	require.NoError(t, ask(t, conn), "the Server serves")
	require.NoError(t, conn.Close())
	s.stop(t)
	require.NoError(t, <-ended)
	assert.True(t, <-l.stopped)
}

// Server.pending counts towards MaxSockets, so it must be exact.
func TestAConnectionHijackedTwiceIsRemovedOnce(t *testing.T) {
	for name, request := range map[string]string{"plain": plainHandshake, "by net/http": strings.Replace(plainHandshake, "Host: ", "Host:\t", 1)} {
		s := newServer(Config{})
		taken := make(chan error, 2)
		dial := s.serving(t, func(w http.ResponseWriter, _ *http.Request) {
			h, err := Hijack(w)
			taken <- err
			_, err = Hijack(w)
			taken <- err
			_ = h.Conn.Close()
		})
		_, err := dial().Write([]byte(request))
		require.NoError(t, err)
		require.NoError(t, <-taken, name)
		require.ErrorIs(t, <-taken, http.ErrHijacked, name)
		assert.Zero(t, s.stillPending(), name)
	}
}
