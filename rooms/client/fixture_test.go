package client

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixture is a Client and a server whose frames the test writes. The WebSockets are real, on connections in memory. The time
// is that of testing/synctest.
type fixture struct {
	*Client
	t          *testing.T
	peers      chan *peer         // connections of the server
	handshake  chan *http.Request // handshakes of the client
	stop       context.CancelFunc
	ran        chan error
	failWrites func(bool) // makes the client's writes fail
	serverBehavior
}

// serverBehavior configures the server of a fixture.
type serverBehavior struct {
	answer       func(w http.ResponseWriter, r *http.Request) bool // answers the handshake; false: the server accepts it
	ignoresPings bool                                              // does not answer pings
}

// runScript runs a script with a fixture. All random waits have their greatest length.
func runScript(t *testing.T, cfg Config, script func(t *testing.T, s *fixture)) {
	serverBehavior{}.runScript(t, cfg, script)
}

func (m serverBehavior) runScript(t *testing.T, cfg Config, script func(t *testing.T, s *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		s := &fixture{serverBehavior: m, t: t, peers: make(chan *peer, 8), handshake: make(chan *http.Request, 64), ran: make(chan error, 1)}
		ln := &pipes{conns: make(chan net.Conn)}
		s.failWrites = ln.failWrites.Store
		server := &http.Server{Handler: s}
		go server.Serve(ln)
		transport := &http.Transport{DialContext: ln.dial}
		cfg.URL, cfg.HTTP = "ws://plenum.test/ws", &http.Client{Transport: transport}
		var err error
		s.Client, err = New(cfg)
		require.NoError(t, err)
		s.random = func(below time.Duration) time.Duration { return below }
		ctx, cancel := context.WithCancel(t.Context())
		s.stop = cancel
		go func() { s.ran <- s.Run(ctx) }()
		defer server.Close()
		defer transport.CloseIdleConnections()
		defer func() {
			cancel()
			for range s.Events() { // unread events would block the client
			}
		}()
		script(t, s)
	})
}

func (s *fixture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handshake <- r
	if s.answer != nil && s.answer(w, r) {
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if !assert.NoError(s.t, err) {
		return
	}
	p := &peer{t: s.t, conn: conn, commands: make(chan string, 2048), ended: make(chan error, 1), ignoresPings: s.ignoresPings}
	s.peers <- p
	p.read()
}

// next receives from a channel. It fails after a day of the fixture's time.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(24 * time.Hour):
		require.FailNow(t, "nothing was sent to the channel")
		panic("unreachable")
	}
}

// requireEvents expects the next events.
func (s *fixture) requireEvents(want ...Event) {
	s.t.Helper()
	for _, e := range want {
		require.Equal(s.t, e, next(s.t, s.Events()))
	}
}

// requireWait expects a State that says that the client waits for d, because of why.
func (s *fixture) requireWait(d time.Duration, why string) {
	s.t.Helper()
	state, ok := next(s.t, s.Events()).(State)
	require.True(s.t, ok)
	assert.False(s.t, state.Connected)
	assert.Equal(s.t, d, time.Until(state.Until))
	assert.ErrorContains(s.t, state.Err, why)
}

// requireConnection expects that the client connects.
func (s *fixture) requireConnection() *peer {
	s.t.Helper()
	s.requireEvents(State{Connected: true})
	next(s.t, s.handshake)
	return next(s.t, s.peers)
}

// reconnect cuts the connection, and expects a new one after d.
func (s *fixture) reconnect(p *peer, d time.Duration) *peer {
	s.t.Helper()
	p.cut()
	s.requireWait(d, "EOF")
	return s.requireConnection()
}

// join makes the client join a room, at position e:seq.
func (s *fixture) join(p *peer, name string, seq string) {
	s.t.Helper()
	done := s.start(func(ctx context.Context) error { return s.Join(ctx, name) })
	p.requireCommand(`{"type":"join","id":N,"room":"` + name + `"}`)
	p.send(`{"type":"joined","id":N,"room":"` + name + `","epoch":"e","seq":` + seq + `,"members":1,"recovered":false}`)
	require.NoError(s.t, next(s.t, done))
	joined, _ := next(s.t, s.Events()).(Joined)
	assert.Equal(s.t, "e:"+seq, joined.Position.String())
}

// start calls do on a goroutine of its own.
func (s *fixture) start(do func(ctx context.Context) error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- do(s.t.Context()) }()
	return done
}

// startPublish publishes text in room a, on a goroutine of its own.
func (s *fixture) startPublish(text string) <-chan error {
	return s.start(func(ctx context.Context) error {
		_, err := s.Publish(ctx, "a", text)
		return err
	})
}
