package engine

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"plenum/codec/frame"
)

// ask sends a request on a connection that stays open, and waits for the answer.
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

// serving serves until the test ends, and returns a function that connects.
func serving(t *testing.T, e *Engine, h http.HandlerFunc) (dial func() net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- e.Serve(ln, h) }()
	t.Cleanup(func() {
		_ = e.Shutdown(t.Context()) // which has ended: cuts off what is left
		require.NoError(t, <-ended)
	})
	return func() net.Conn {
		conn, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(soon)))
		return conn
	}
}

// soon is how long a test waits for what must happen.
const soon = 10 * time.Second

func (f *front) stillPending() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pending
}

func TestConnectionsThatWaitForAnotherRequestGiveWay(t *testing.T) {
	e := bench(t, Config{})
	e.front.crowded = 3
	dial := serving(t, e, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for n := range 10 {
		require.NoError(t, ask(t, dial()), "connection %d", n)
		require.Eventually(t, func() bool { return e.front.stillPending() <= e.front.crowded },
			soon, time.Millisecond, "%d idle connections and none gave way", n+1)
	}
}

func TestAnIdleConnectionIsClosedAfterIdleTimeout(t *testing.T) {
	assert.Greater(t, bench(t, Config{}).front.server.IdleTimeout, time.Minute, "by default")
	dial := serving(t, bench(t, Config{IdleTimeout: 50 * time.Millisecond}), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	conn := dial()
	require.NoError(t, ask(t, conn))
	_, err := conn.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF)
}

// halfRead counts the connections whose first size bytes have been read, by an
// opening or by net/http, and that wait for more.
func (f *front) halfRead(t *testing.T, size int, byNetHTTP bool) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for e := f.fresh.Front(); e != nil; e = e.Next() {
		c := e.Value.(*frontConn)
		raw, err := c.Conn.(*net.TCPConn).SyscallConn()
		require.NoError(t, err)
		require.NoError(t, raw.Control(func(fd uintptr) {
			info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
			require.NoError(t, err)
			unread, err := unix.IoctlGetInt(int(fd), unix.SIOCINQ)
			require.NoError(t, err)
			if info.Bytes_received == uint64(size) && unread == 0 && c.asked.Load() == byNetHTTP {
				n++
			}
		}))
	}
	return n
}

func TestShutdownCountsNoHalfReadHead(t *testing.T) {
	for half, byNetHTTP := range map[string]bool{"GET / HTTP/1.1\r\nHost: x\r\n": false, "GET / HTTP/1.1\r\nHost:\tx\r\n": true} {
		e := bench(t, Config{})
		dial := serving(t, e, http.NotFound)
		conns := []net.Conn{dial(), dial(), dial()}
		for _, conn := range conns {
			_, err := conn.Write([]byte(half))
			require.NoError(t, err)
		}
		require.Eventually(t, func() bool { return e.front.halfRead(t, len(half), byNetHTTP) == len(conns) }, soon, time.Millisecond)
		require.NoError(t, e.Shutdown(t.Context()))
		require.Eventually(t, func() bool { return e.front.stillPending() == 0 }, soon, time.Millisecond)
		assert.Empty(t, e.Stats().Refused, "%q", half)
		for _, conn := range conns {
			answer, err := io.ReadAll(conn)
			assert.NoError(t, err)
			assert.Empty(t, answer)
		}
	}
}

// closesAfter is a listener that notes whether the front had stopped when it is closed.
type closesAfter struct {
	net.Listener
	front   *front
	stopped chan bool
}

func (l *closesAfter) Close() error {
	select {
	case l.stopped <- l.front.hasStopped():
	default: // net/http closes it more than once
	}
	return l.Listener.Close()
}

// With its listener net/http closes the half-read heads that are older than 5 s, which
// the front must know by then to be its own doing.
func TestTheFrontHasStoppedBeforeItsListener(t *testing.T) {
	e := bench(t, Config{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &closesAfter{Listener: ln, front: e.front, stopped: make(chan bool, 1)}
	ended := make(chan error, 1)
	go func() { ended <- e.Serve(l, http.NotFoundHandler()) }()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	require.NoError(t, ask(t, conn), "it serves")
	require.NoError(t, conn.Close())
	require.NoError(t, e.Shutdown(t.Context()))
	require.NoError(t, <-ended)
	assert.True(t, <-l.stopped)
}

// pending is what is held against the descriptors.
func TestAConnectionTakenTwiceLeavesOnce(t *testing.T) {
	for name, request := range map[string]string{"plain": plainHandshake, "by net/http": strings.Replace(plainHandshake, "Host: ", "Host:\t", 1)} {
		e := bench(t, Config{})
		taken := make(chan error, 2)
		dial := serving(t, e, func(w http.ResponseWriter, r *http.Request) {
			taken <- e.Upgrade(w, r, &heardBy{})
			taken <- e.Upgrade(w, r, &heardBy{})
		})
		_, err := dial().Write([]byte(request))
		require.NoError(t, err)
		require.NoError(t, <-taken, name)
		require.ErrorIs(t, <-taken, http.ErrHijacked, name)
		assert.Zero(t, e.front.stillPending(), name)
	}
}

// opensTo is a Handler that hands out its connection.
type opensTo struct {
	heardBy
	opened chan *Conn
}

func (h *opensTo) OnOpen(c *Conn) { h.opened <- c }

func TestTheKernelHoldsLittleForWhoDoesNotRead(t *testing.T) {
	e := bench(t, Config{})
	opened := make(chan *Conn, 1)
	dial := serving(t, e, func(w http.ResponseWriter, r *http.Request) { _ = e.Upgrade(w, r, &opensTo{opened: opened}) })
	_, err := dial().Write([]byte(plainHandshake))
	require.NoError(t, err)
	c := <-opened
	message := frame.Append(nil, frame.Binary, make([]byte, 32<<10))
	for taken := len(message); taken == len(message); {
		taken, err = c.WriteFrames(message)
		require.NoError(t, err)
	}
	unsent, err := unix.IoctlGetInt(c.socket.nb.Hash(), unix.SIOCOUTQNSD)
	require.NoError(t, err)
	assert.Positive(t, unsent)
	assert.LessOrEqual(t, unsent, maxUnsent+len(message))
}
