package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

func TestACloseFrameIsAnsweredAndNothingAfterItIsHandled(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.dial(t)
	conn := <-j.opened
	c.send(text, "before")
	c.write(append(masked(closing, closePayload(3001, "done")), masked(text, "after")...))
	c.wantClose(3001)
	j.wantClosed(t, 3001)
	messages, _ := j.read()
	assert.Equal(t, []string{"before"}, messages, "nothing after the close frame is handled")
	assert.ErrorIs(t, conn.Send(frame.Text, nil), engine.ErrClosed)
	assert.ErrorIs(t, conn.Close(1000, ""), engine.ErrClosed)
	_, err := conn.WriteFrames([]byte{0x81, 0})
	assert.ErrorIs(t, err, engine.ErrClosed)
}

func TestMessagesReceivedAfterCloseAreDropped(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.dial(t)
	conn := <-j.opened
	require.ErrorIs(t, conn.Close(1006, "must not be sent"), engine.ErrCode)
	require.NoError(t, conn.Close(4000, "enough"))
	require.ErrorIs(t, conn.Close(4001, "again"), engine.ErrClosed)
	require.ErrorIs(t, conn.Send(frame.Text, []byte("late")), engine.ErrClosed)
	c.want(frame.Close, closePayload(4000, "enough"))

	c.send(text, "dropped")
	c.send(openText, "drop")
	c.send(ping, "not answered")
	c.send(last, "ped")
	c.send(closing, closePayload(1000, "as you like"))
	c.wantEOF()
	j.wantClosed(t, 4000)
	messages, _ := j.read()
	assert.Empty(t, messages)
	assert.Empty(t, s.Stats().Refused)
	assert.Zero(t, s.Stats().Counts[engine.ReceivedMessages])
}

func TestAProtocolErrorWhileClosingSendsNoSecondCloseFrame(t *testing.T) {
	s, j := serveJournal(t, engine.Config{})
	c := s.dial(t)
	require.NoError(t, (<-j.opened).Close(4000, ""))
	c.want(frame.Close, closePayload(4000, ""))
	c.write([]byte("\x81\x00"))
	c.wantEOF()
	require.NoError(t, c.conn.Close())
	j.wantClosed(t, 4000)
	assert.EqualValues(t, 1, s.refused(engine.BadMask))
}

func TestPeerThatNeverAnswersTheCloseIsCutAfterCloseTimeout(t *testing.T) {
	t.Parallel()
	const timeout = 500 * time.Millisecond
	s, j := serveJournal(t, engine.Config{CloseTimeout: timeout})
	c := s.dial(t)
	began := time.Now()
	require.NoError(t, (<-j.opened).Close(1000, ""))
	c.want(frame.Close, closePayload(1000, ""))
	c.send(text, "talking is not answering")
	c.wantEOF()
	assert.Greater(t, time.Since(began), timeout-early)
	assert.Less(t, time.Since(began), timeout+late)
	j.wantClosed(t, 1000)
}

// After a protocol error the server waits for the peer's FIN, for at most CloseTimeout.
func TestPeerThatKeepsItsSocketOpenAfterAProtocolErrorIsCutAfterCloseTimeout(t *testing.T) {
	t.Parallel()
	s, j := serveJournal(t, engine.Config{CloseTimeout: 300 * time.Millisecond})
	c := s.dial(t)
	c.write([]byte("\x81\x00"))
	c.wantClose(1002)
	j.wantClosed(t, 1002)
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 0 }, soon, poll)
}

func TestSocketThatEndsWithoutACloseFrameIs1006(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	fin, rst := s.dial(t), s.dial(t)
	require.NoError(t, fin.conn.CloseWrite())
	fin.wantEOF()
	require.NoError(t, rst.conn.SetLinger(0))
	require.NoError(t, rst.conn.Close())
	require.Eventually(t, func() bool { return s.Stats().Closed[1006] == 2 }, soon, poll)
}

// The close frame is sent after a long queue.
func TestTheCloseFrameReachesAClientThatWasNotReading(t *testing.T) {
	for name, end := range map[string]struct {
		code  int
		close func(s *server, conn *engine.Conn, c *client)
	}{
		"Close":          {4002, func(_ *server, conn *engine.Conn, _ *client) { _ = conn.Close(4002, "") }},
		"protocol error": {1002, func(_ *server, _ *engine.Conn, c *client) { c.write([]byte("\x81\x00")) }},
		"Close by peer":  {4003, func(_ *server, _ *engine.Conn, c *client) { c.send(closing, closePayload(4003, "")) }},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJournal()
			s := serveOn(t, listen(t, 8<<10), engine.Config{}, func() engine.Handler { return j })
			c := s.connectBuffered(t, 4<<10)
			c.upgrade()
			conn := <-j.opened
			message := func(i int) string { return strings.Repeat(string(rune('a'+i)), 100_000) }
			for i := range 9 {
				require.NoError(t, conn.Send(frame.Text, []byte(message(i))))
			}
			end.close(s, conn, c)
			require.Eventually(t, func() bool { _, err := conn.WriteFrames(nil); return err == engine.ErrClosed }, soon, poll)
			for i := range 9 {
				c.want(frame.Text, message(i))
			}
			if name == "Close" {
				c.want(frame.Close, closePayload(end.code, ""))
				c.send(closing, closePayload(end.code, ""))
				c.wantEOF()
			} else {
				c.wantClose(end.code)
				require.NoError(t, c.conn.Close())
			}
			j.wantClosed(t, end.code)
		})
	}
}

func TestAClientThatNeverReadsIsClosedAtMaxBacklog(t *testing.T) {
	t.Parallel()
	const backlog, message = 256 << 10, 10_000
	j := newJournal()
	s := serveOn(t, listen(t, 8<<10), engine.Config{MaxBacklog: backlog, CloseTimeout: 300 * time.Millisecond}, func() engine.Handler { return j })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	conn := <-j.opened
	sent := 0
	var err error
	for ; err == nil; sent++ {
		require.Less(t, sent*message, 16*backlog, "bounded")
		err = conn.Send(frame.Binary, make([]byte, message))
	}
	require.ErrorIs(t, err, engine.ErrSlow)
	assert.Greater(t, sent*message, backlog)
	assert.ErrorIs(t, conn.Send(frame.Text, nil), engine.ErrClosed)
	assert.EqualValues(t, 1, s.refused(engine.TooSlow))
	j.wantClosed(t, 1013)
}

func TestASlowClientThatReadsAgainReceivesEverythingAndThen1013(t *testing.T) {
	j := newJournal()
	s := serveOn(t, listen(t, 8<<10), engine.Config{MaxBacklog: 64 << 10}, func() engine.Handler { return j })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	conn := <-j.opened
	sent := 0
	for conn.Send(frame.Text, []byte(fmt.Sprintf("%09d", sent))) == nil {
		sent++
	}
	for i := range sent {
		c.want(frame.Text, fmt.Sprintf("%09d", i))
	}
	c.wantClose(1013)
}

// The close frame waits in the socket, after the bytes that the peer has not read yet.
func TestAStalledClientReceivesTheCloseFrameAfterItsConnectionWasClosed(t *testing.T) {
	t.Parallel()
	t.Run("closed", func(t *testing.T) {
		conn, c, d := stalled(t, engine.Config{CloseTimeout: 300 * time.Millisecond})
		require.NoError(t, conn.Close(1013, "Too slow"))
		d.wantClosed(t, 1013)
		c.wantFinalClose(1013, "Too slow")
	})
	t.Run("silent", func(t *testing.T) {
		_, c, d := stalled(t, engine.Config{PingPeriod: 500 * time.Millisecond, PingTimeout: 250 * time.Millisecond})
		d.wantClosed(t, 1011)
		c.wantFinalClose(1011, "Ping timeout")
	})
}

// stalled returns a connection whose client does not read and whose socket is full.
func stalled(t *testing.T, cfg engine.Config) (*engine.Conn, *client, *drainer) {
	d := newDrainer()
	s := serveOn(t, listen(t, 0), cfg, func() engine.Handler { return d })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	conn := <-d.opened
	stall(t, conn)
	return conn, c, d
}

// stall writes until the socket is full.
func stall(t *testing.T, conn *engine.Conn) {
	b, _ := batch(1 << 20)
	for taken := len(b); taken == len(b); {
		var err error
		taken, err = conn.WriteFrames(b)
		require.NoError(t, err)
	}
}

// wantFinalClose reads until EOF. The last bytes must be a close frame with code and reason.
func (c *client) wantFinalClose(code int, reason string) {
	c.t.Helper()
	got, err := io.ReadAll(c.in)
	require.NoError(c.t, err)
	want := frame.Append(nil, frame.Close, frame.AppendClosePayload(nil, code, reason))
	assert.True(c.t, bytes.HasSuffix(got, want), "the last of %d bytes are %q", len(got), got[max(len(got)-60, 0):])
}

// MaxBacklog bounds queued pongs too.
func TestAClientThatPingsAndNeverReadsIsClosedAtMaxBacklog(t *testing.T) {
	t.Parallel()
	j := newJournal()
	s := serveOn(t, listen(t, 8<<10), engine.Config{MaxBacklog: 64 << 10, CloseTimeout: 300 * time.Millisecond}, func() engine.Handler { return j })
	c := s.connectBuffered(t, 4<<10)
	c.upgrade()
	pings := strings.Repeat(string(masked(ping, strings.Repeat("p", 125))), 100)
	for s.refused(engine.TooSlow) == 0 {
		if _, err := c.conn.Write([]byte(pings)); err != nil {
			break
		}
	}
	j.wantClosed(t, 1013)
	assert.EqualValues(t, 1, s.refused(engine.TooSlow))
}

func TestShutdownClosesAllConnectionsAndWaits(t *testing.T) {
	var calls atomic.Int32
	s := serve(t, engine.Config{Farewell: func(time.Duration) engine.CloseStatus {
		return engine.CloseStatus{Code: frame.CloseRestart, Reason: fmt.Sprint("back in ", calls.Add(1))}
	}}, echo)
	clients := make([]*client, 50)
	for i := range clients {
		clients[i] = s.dial(t)
	}
	halfOpen := s.connect(t) // sends no request
	stopped := make(chan error, 2)
	for range 2 { // the second call waits for the first
		go func() { stopped <- s.Shutdown(context.Background()) }()
	}
	reasons := map[string]bool{}
	for _, c := range clients {
		op, payload := c.read()
		require.Equal(t, frame.Close, op)
		code, reason, _ := frame.ParseClosePayload([]byte(payload))
		require.Equal(t, frame.CloseRestart, code)
		reasons[string(reason)] = true
	}
	assert.Len(t, reasons, len(clients), "Farewell is called for each connection")
	assert.Empty(t, stopped, "Shutdown waits for the answers")
	for _, c := range clients {
		c.send(closing, "")
		c.wantEOF()
	}
	halfOpen.wantEOF()
	assert.NoError(t, <-stopped)
	assert.NoError(t, <-stopped)
	assert.Equal(t, map[int]uint64{frame.CloseRestart: 50}, s.Stats().Closed)
}

func TestShutdownSpreadsTheClosesOverTheDrainWindow(t *testing.T) {
	t.Parallel()
	const window = 300 * time.Millisecond
	var mu sync.Mutex
	var left []time.Duration
	s := serve(t, engine.Config{Limits: engine.Limits{DrainWindow: window}, Farewell: func(l time.Duration) engine.CloseStatus {
		mu.Lock()
		defer mu.Unlock()
		left = append(left, l)
		return engine.CloseStatus{Code: frame.CloseRestart}
	}}, echo)
	clients := make([]*client, 60)
	for i := range clients {
		clients[i] = s.dial(t)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	for _, c := range clients {
		c.want(frame.Close, closePayload(frame.CloseRestart, ""))
		c.send(closing, "")
	}
	require.NoError(t, <-stopped)
	require.NoError(t, s.Check())
	require.Len(t, left, len(clients))
	for i, l := range left {
		assert.LessOrEqual(t, l, window*time.Duration(len(left)-i)/time.Duration(len(left)), "connection %d was closed too early", i)
	}
}

func TestShutdownCutsUnresponsiveConnectionsWhenCtxEnds(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	unresponsive := []*client{s.dial(t), s.dial(t), s.dial(t)}
	responsive := s.dial(t)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(ctx) }()
	responsive.want(frame.Close, closePayload(1001, ""))
	responsive.send(closing, "")
	responsive.wantEOF()
	for _, c := range unresponsive {
		c.want(frame.Close, closePayload(1001, ""))
	}
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 3 }, soon, poll)
	cancel()
	err := <-stopped
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "3 connections")
	for _, c := range unresponsive {
		c.wantEOF()
	}
}

func TestHandshakeDuringShutdownIsRefused(t *testing.T) {
	begun, free := make(chan struct{}), make(chan struct{})
	var s *server
	s = serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			close(begun)
			<-free
		}
		_ = s.Upgrade(w, r, nil, echo())
	})
	open := s.dial(t)
	late := s.connect(t)
	late.write([]byte(strings.Replace(handshake, "GET /", "GET /late", 1)))
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	open.want(frame.Close, closePayload(1001, ""))
	close(free)
	resp := late.response()
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Equal(t, "5", resp.Header.Get("Retry-After"))
	open.send(closing, "")
	assert.NoError(t, <-stopped)
	assert.EqualValues(t, 1, s.Stats().Counts[engine.Upgrades])
	assert.EqualValues(t, 1, s.refused(engine.RefusedStopping))
}

// A poller receives many events at once. If a connection is cut while its event is pending, a new connection may get
// its descriptor. The pending event must not close the new connection.
func TestANewConnectionIsNotClosedByAnEventOfItsDescriptorsPreviousOwner(t *testing.T) {
	const many = 20
	entered, release := make(chan struct{}, 2), make(chan struct{})
	gate := hooks{message: func(*engine.Conn, frame.Opcode, []byte) {
		entered <- struct{}{}
		<-release
	}}
	handlers := make(chan engine.Handler, 1)
	// The pollers do not accept from a listener of another type. So connections are accepted while the poller is held.
	ln := struct{ net.Listener }{listen(t, 0)}
	s := serveOn(t, ln, engine.Config{Pollers: 1}, func() engine.Handler { return <-handlers })
	t.Cleanup(func() { close(release) }) // so that a failed test leaves no goroutine
	handlers <- gate
	first := s.dial(t)
	handlers <- gate
	second := s.dial(t)
	var leaving []*client
	var left []*engine.Conn
	for range many {
		j := newJournal()
		handlers <- j
		leaving = append(leaving, s.dial(t))
		left = append(left, <-j.opened)
	}

	first.send(text, "hold the poller")
	<-entered
	second.send(text, "hold it again, while it has the following events")
	for _, c := range leaving {
		require.NoError(t, c.conn.SetLinger(0))
		require.NoError(t, c.conn.Close())
	}
	release <- struct{}{}
	<-entered
	for _, c := range left {
		require.Eventually(t, func() bool { _, err := c.WriteFrames([]byte{0x81, 0}); return err != nil }, soon, poll)
	}
	newcomers := make([]*client, many)
	for i := range newcomers {
		handlers <- echo()
		newcomers[i] = s.dial(t)
	}
	require.Eventually(t, func() bool { return s.upgraded.Load() == 2+many+many }, soon, poll)
	release <- struct{}{}
	for _, c := range newcomers {
		c.wantEcho("still here")
	}
}

// watcher is a Handler that checks that calls do not overlap and that OnClose is the last, while connections end in
// every way.
type watcher struct {
	t        *testing.T
	busy     atomic.Int32
	over     atomic.Bool
	finished *atomic.Int64
}

func (w *watcher) in(call string) {
	if n := w.busy.Add(1); n != 1 {
		w.t.Errorf("%s overlaps another call", call)
	}
	if w.over.Load() {
		w.t.Errorf("%s after OnClose", call)
	}
}

func (w *watcher) OnOpen(c *engine.Conn) {
	w.in("OnOpen")
	defer w.busy.Add(-1)
	if rand.IntN(8) == 0 {
		_ = c.Close(4000, "at once")
	}
}

func (w *watcher) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	w.in("OnMessage")
	defer w.busy.Add(-1)
	_ = c.Send(op, data)
	if rand.IntN(64) == 0 {
		_ = c.Close(4001, "within")
	}
}

func (w *watcher) OnClose(c *engine.Conn, code int) {
	w.in("OnClose")
	defer w.busy.Add(-1)
	w.over.Store(true)
	w.finished.Add(1)
	if c.Send(frame.Text, nil) != engine.ErrClosed {
		w.t.Error("Send works in OnClose")
	}
}

func TestOnCloseIsCalledOnceAndLastAndNeverOverlaps(t *testing.T) {
	var finished atomic.Int64
	var mu sync.Mutex
	var conns []*engine.Conn
	s := serve(t, engine.Config{CloseTimeout: 250 * time.Millisecond}, func() engine.Handler {
		return &kept{watcher: &watcher{t: t, finished: &finished}, keep: func(c *engine.Conn) {
			mu.Lock()
			defer mu.Unlock()
			conns = append(conns, c)
		}}
	})
	stop := make(chan struct{})
	var closers, clients sync.WaitGroup
	for range 3 {
		closers.Go(func() { // any goroutine may close any connection at any time
			for {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				var c *engine.Conn
				if len(conns) > 0 {
					c = conns[rand.IntN(len(conns))]
				}
				mu.Unlock()
				if c != nil && rand.IntN(50) == 0 {
					_ = c.Close(4002, "from outside")
				} else if c != nil {
					_, _ = c.WriteFrames([]byte{0x81, 0x01, 'w'})
				}
			}
		})
	}
	const workers, rounds = 8, 40
	for range workers {
		clients.Go(func() {
			for range rounds {
				misbehave(t, s)
			}
		})
	}
	clients.Wait()
	close(stop)
	closers.Wait()
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 0 }, soon, poll)
	assert.EqualValues(t, workers*rounds, finished.Load())
	assert.EqualValues(t, workers*rounds, s.Stats().Counts[engine.Upgrades])
}

// kept is a watcher that passes its connection to keep.
type kept struct {
	*watcher
	keep func(c *engine.Conn)
}

func (k *kept) OnOpen(c *engine.Conn) {
	k.watcher.OnOpen(c)
	k.keep(c)
}

// misbehave opens a connection, sends some messages, and closes it in one of several ways.
func misbehave(t *testing.T, s *server) {
	c := s.connect(t)
	defer func() { _ = c.conn.Close() }()
	sent := []byte(handshake)
	for range rand.IntN(30) {
		sent = append(sent, masked(text, "hello")...)
	}
	how := rand.IntN(5)
	switch how {
	case 0:
		sent = append(sent, masked(closing, "")...)
	case 1:
		sent = append(sent, "\x81\x00"...)
	}
	_, _ = c.conn.Write(sent)
	switch how {
	case 2:
		_ = c.conn.CloseWrite()
	case 3:
		_, _ = c.in.ReadString('\n') // until the 101 has arrived
		_ = c.conn.SetLinger(0)
		return
	case 4:
		_, _ = c.conn.Write(masked(closing, closePayload(1000, "")))
	}
	for { // until EOF
		if _, err := c.in.Discard(1); err != nil {
			return
		}
	}
}

// translator is a Handler whose clients expect other close codes.
type translator struct{ hooks }

func (translator) CloseWith(status engine.CloseStatus) engine.CloseStatus {
	if status.Code == frame.CloseProtocolError {
		return engine.CloseStatus{Code: 1005} // must not be sent, so it has no effect
	}
	return engine.CloseStatus{Code: status.Code + 3000, Reason: status.Reason + "!"}
}

func TestACloserReplacesTheStatusOfTheEngine(t *testing.T) {
	opened := make(chan *engine.Conn, 4)
	s := serve(t, engine.Config{MaxMessage: 125, Farewell: func(time.Duration) engine.CloseStatus {
		return engine.CloseStatus{Code: frame.CloseRestart, Reason: "restart"}
	}}, func() engine.Handler { return translator{hooks{open: func(c *engine.Conn) { opened <- c }}} })
	tooBig := s.dial(t)
	<-opened
	tooBig.send(text, strings.Repeat("x", 126))
	tooBig.want(frame.Close, closePayload(4009, "message too big!"))
	unmasked := s.dial(t)
	<-opened
	unmasked.write([]byte("\x81\x00"))
	unmasked.want(frame.Close, closePayload(frame.CloseProtocolError, "protocol error"))
	left := s.dial(t)
	require.NoError(t, (<-opened).Close(frame.CloseNormal, "as it is"))
	left.want(frame.Close, closePayload(frame.CloseNormal, "as it is"))
	left.send(closing, "")
	drained := s.dial(t)
	<-opened
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	drained.want(frame.Close, closePayload(4012, "restart!"))
	for _, c := range []*client{drained, tooBig, unmasked} {
		require.NoError(t, c.conn.Close())
	}
	require.NoError(t, <-stopped)
}
