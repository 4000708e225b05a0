package engine

import (
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

const upgradeRequest = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// serving runs e until the test ends, and returns a function that connects to it.
func serving(t *testing.T, e *Engine, h http.HandlerFunc) (dial func() net.Conn) {
	t.Helper()
	return servingOn(t, e, listenLocal(t), h)
}

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return ln
}

func servingOn(t *testing.T, e *Engine, ln net.Listener, h http.HandlerFunc) (dial func() net.Conn) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- e.Serve(ln, h) }()
	t.Cleanup(func() {
		_ = e.Shutdown(t.Context()) // the context has ended, so open connections are cut
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

// soon bounds how long a test waits for an expected event.
const soon = 30 * time.Second

// opener is a Handler that sends its connection to a channel.
type opener struct {
	recorder
	opened chan *Conn
}

func (h *opener) OnOpen(c *Conn) { h.opened <- c }

func TestTheKernelBuffersLittleForAPeerThatDoesNotRead(t *testing.T) {
	e := unstarted(t, Config{})
	opened := make(chan *Conn, 1)
	dial := serving(t, e, func(w http.ResponseWriter, r *http.Request) { _ = e.Upgrade(w, r, nil, &opener{opened: opened}) })
	_, err := dial().Write([]byte(upgradeRequest))
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

func TestAConnectionIsUpgradedOnce(t *testing.T) {
	for name, request := range map[string]string{"plain": upgradeRequest, "by net/http": strings.Replace(upgradeRequest, "Host: ", "Host:\t", 1)} {
		e := unstarted(t, Config{})
		taken := make(chan error, 2)
		dial := serving(t, e, func(w http.ResponseWriter, r *http.Request) {
			taken <- e.Upgrade(w, r, nil, &recorder{})
			taken <- e.Upgrade(w, r, nil, &recorder{})
		})
		_, err := dial().Write([]byte(request))
		require.NoError(t, err)
		require.NoError(t, <-taken, name)
		require.ErrorIs(t, <-taken, http.ErrHijacked, name)
	}
}

func TestAnIdleConnectionStaysForMoreThanAMinuteByDefault(t *testing.T) {
	assert.Greater(t, unstarted(t, Config{}).cfg.IdleTimeout, time.Minute)
}
