package engine

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"plenum/codec/frame"
)

// echoAll is a Handler that echoes, and reports the close code.
type echoAll struct{ closed chan int }

func (echoAll) OnOpen(*Conn)                                    {}
func (echoAll) OnMessage(c *Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }
func (h echoAll) OnClose(_ *Conn, code int)                     { h.closed <- code }

// nbio closes a connection on the goroutine whose write has failed. That may be any goroutine, as soon as the connection
// is registered.
func TestAConnectionThatNbioClosesBeforeOnOpenIsFinishedOnce(t *testing.T) {
	h := echoAll{make(chan int, 2)}
	e := unstarted(t, Config{Pollers: 1, NonBlocking: func(*http.Request) bool { return true }})
	dial := serving(t, e, func(w http.ResponseWriter, r *http.Request) {
		c := &Conn{traits: &traits{engine: e, budget: e.newBudget(r.RemoteAddr)}, handler: h}
		assert.NoError(t, e.admit(c, w, r))
		early, err := c.takeOver(w)
		assert.NoError(t, err)
		assert.NoError(t, c.socket.nb.Close())
		c.start(early)
	})
	for range 2 { // the poller has finished the first before it accepts the second
		client := dial()
		_, err := io.WriteString(client, upgradeRequest)
		require.NoError(t, err)
		_, err = client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
		assert.Equal(t, frame.CloseAbnormal, <-h.closed)
	}
	assert.Empty(t, h.closed)
}

// If nbio closed the descriptor at once, an event that the poller has received already could reach a new connection with the
// same number.
func TestADescriptorThatNbioClosesStaysOpenUntilItsPollerHasHandledItsEvents(t *testing.T) {
	h, held, release := echoAll{make(chan int, 2)}, make(chan struct{}), make(chan struct{})
	e := unstarted(t, Config{Pollers: 1, NonBlocking: func(*http.Request) bool { return true }})
	dial := serving(t, e, func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, e.Upgrade(w, r, nil, h))
	})
	client := dial()
	_, err := io.WriteString(client, upgradeRequest)
	require.NoError(t, err)
	_, err = http.ReadResponse(bufio.NewReader(client), nil)
	require.NoError(t, err)
	c := e.conns.snapshot()[0]
	c.mu.Lock() // takeOver has written socket
	nc := c.socket.nb
	c.mu.Unlock()
	fd := nc.Hash()
	isOpen := func() bool {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		return err == nil
	}
	e.pollers.run(c, func() { close(held); <-release })
	<-held
	assert.NoError(t, nc.Close()) // as after a write that has failed
	assert.True(t, isOpen())
	close(release)
	assert.Equal(t, frame.CloseAbnormal, <-h.closed)
	require.Eventually(t, func() bool { return !isOpen() }, soon, time.Millisecond)
}

// If package adopt does not fit nbio, net/http accepts, and nbio reports closes on a goroutine of its own.
func TestAnEngineWithoutAdoptServesAndCloses(t *testing.T) {
	h := echoAll{make(chan int, 2)}
	e := unstarted(t, Config{NonBlocking: func(*http.Request) bool { return true }})
	e.pollers.nb.OnClose(func(nc *nbio.Conn, _ error) { e.pollers.onClose(nc) }) // instead of adopt.CloseSync
	dial := servingOn(t, e, struct{ net.Listener }{listenLocal(t)}, func(w http.ResponseWriter, r *http.Request) { _ = e.Upgrade(w, r, nil, h) })
	for last, want := range map[string]int{"\x88\x82\x00\x00\x00\x00\x03\xe8": 1000, "": frame.CloseAbnormal} {
		c := dial()
		_, err := io.WriteString(c, upgradeRequest)
		require.NoError(t, err)
		in := bufio.NewReader(c)
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		_, err = io.WriteString(c, "\x81\x85\x00\x00\x00\x00hello")
		require.NoError(t, err)
		got := make([]byte, 7)
		_, err = io.ReadFull(in, got)
		require.NoError(t, err)
		assert.Equal(t, "\x81\x05hello", string(got))
		_, err = io.WriteString(c, last)
		require.NoError(t, err)
		require.NoError(t, c.(*net.TCPConn).CloseWrite())
		assert.Equal(t, want, <-h.closed)
	}
}
