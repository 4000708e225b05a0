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

// stage is a Client and a server whose words the test writes, in time that passes by
// itself: real WebSockets, in memory.
type stage struct {
	*Client
	t         *testing.T
	peers     chan *peer         // the connections the server has
	handshake chan *http.Request // each that the client tries
	leave     context.CancelFunc
	ran       chan error
	mute      func(bool) // has what the client writes fail
	manners
}

// manners are what the server does by itself.
type manners struct {
	answer func(w http.ResponseWriter, r *http.Request) bool // in the handshake's stead, where it says so
	deaf   bool                                              // answers no ping
}

// perform plays a script. The random waits are as long as they may be.
func perform(t *testing.T, cfg Config, script func(t *testing.T, s *stage)) {
	manners{}.perform(t, cfg, script)
}

func (m manners) perform(t *testing.T, cfg Config, script func(t *testing.T, s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{manners: m, t: t, peers: make(chan *peer, 8), handshake: make(chan *http.Request, 64), ran: make(chan error, 1)}
		ln := &pipes{conns: make(chan net.Conn)}
		s.mute = ln.mute.Store
		server := &http.Server{Handler: s}
		go server.Serve(ln)
		transport := &http.Transport{DialContext: ln.dial}
		cfg.URL, cfg.HTTP = "ws://plenum.test/ws", &http.Client{Transport: transport}
		var err error
		s.Client, err = New(cfg)
		require.NoError(t, err)
		s.draw = func(below time.Duration) time.Duration { return below }
		ctx, cancel := context.WithCancel(t.Context())
		s.leave = cancel
		go func() { s.ran <- s.Run(ctx) }()
		defer server.Close()
		defer transport.CloseIdleConnections()
		defer func() {
			cancel()
			for range s.Events() { // none that the script does not look at holds it up
			}
		}()
		script(t, s)
	})
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handshake <- r
	if s.answer != nil && s.answer(w, r) {
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if !assert.NoError(s.t, err) {
		return
	}
	p := &peer{t: s.t, conn: conn, commands: make(chan string, 2048), ended: make(chan error, 1), deaf: s.deaf}
	s.peers <- p
	p.read()
}

// next is what a channel has next. Nothing is waited for longer than a day, of the time that
// passes by itself.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(24 * time.Hour):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// tells expects events.
func (s *stage) tells(want ...Event) {
	s.t.Helper()
	for _, e := range want {
		require.Equal(s.t, e, next(s.t, s.Events()))
	}
}

// waits expects that there is no connection for so long, and why.
func (s *stage) waits(d time.Duration, why string) {
	s.t.Helper()
	state, ok := next(s.t, s.Events()).(State)
	require.True(s.t, ok)
	assert.False(s.t, state.Connected)
	assert.Equal(s.t, d, time.Until(state.Until))
	assert.ErrorContains(s.t, state.Err, why)
}

// connects expects a connection.
func (s *stage) connects() *peer {
	s.t.Helper()
	s.tells(State{Connected: true})
	next(s.t, s.handshake)
	return next(s.t, s.peers)
}

// returns has the connection cut, and expects another after d.
func (s *stage) returns(p *peer, d time.Duration) *peer {
	s.t.Helper()
	p.vanishes()
	s.waits(d, "EOF")
	return s.connects()
}

// joins has the client in a room, at a place of the epoch e.
func (s *stage) joins(p *peer, name string, seq string) {
	s.t.Helper()
	done := s.does(func(ctx context.Context) error { return s.Join(ctx, name) })
	p.hears(`{"type":"join","id":N,"room":"` + name + `"}`)
	p.says(`{"type":"joined","id":N,"room":"` + name + `","epoch":"e","seq":` + seq + `,"members":1,"recovered":false}`)
	require.NoError(s.t, next(s.t, done))
	joined, _ := next(s.t, s.Events()).(Joined)
	assert.Equal(s.t, "e:"+seq, joined.Place.String())
}

// does calls on a goroutine of its own.
func (s *stage) does(what func(ctx context.Context) error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- what(s.t.Context()) }()
	return done
}

// publishes says text in room a.
func (s *stage) publishes(text string) <-chan error {
	return s.does(func(ctx context.Context) error {
		_, err := s.Publish(ctx, "a", text)
		return err
	})
}
