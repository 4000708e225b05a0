package client

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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

// peer is the server's side of a connection. It answers pings by itself.
type peer struct {
	t        *testing.T
	conn     *websocket.Conn
	commands chan string
	ended    chan error
	deaf     bool
	id       string // of the last command that was heard
}

func (p *peer) read() {
	for {
		_, b, err := p.conn.Read(context.Background())
		if err != nil {
			p.ended <- err
			close(p.commands)
			return
		}
		if string(b) != `{"type":"ping"}` {
			p.commands <- string(b)
			continue
		}
		if !p.deaf {
			_ = p.conn.Write(context.Background(), websocket.MessageText, []byte(`{"type":"pong","timestamp":1}`))
		}
	}
}

var ids = regexp.MustCompile(`"id":(\d+)`)

// hears expects a command; N stands for its id, and for the same in what is said next.
func (p *peer) hears(want string) {
	p.t.Helper()
	got := next(p.t, p.commands)
	if found := ids.FindStringSubmatch(got); found != nil {
		p.id = found[1]
	}
	require.Equal(p.t, want, ids.ReplaceAllString(got, `"id":N`))
}

func (p *peer) says(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		text = strings.Replace(text, `"id":N`, `"id":`+p.id, 1)
		require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, []byte(text)))
	}
}

func (p *peer) closes(code int, reason string) {
	p.t.Helper()
	require.NoError(p.t, p.conn.Close(websocket.StatusCode(code), reason))
}

// vanishes cuts the connection.
func (p *peer) vanishes() { _ = p.conn.CloseNow() }

// isLeft expects the end.
func (p *peer) isLeft(code int) {
	p.t.Helper()
	assert.Equal(p.t, websocket.StatusCode(code), websocket.CloseStatus(next(p.t, p.ended)))
}

// pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	mute  atomic.Bool
}

// pipe is a connection that may be lost in one direction first.
type pipe struct {
	net.Conn
	mute *atomic.Bool
}

func (p pipe) Write(b []byte) (int, error) {
	if p.mute.Load() {
		return 0, syscall.EPIPE
	}
	return p.Conn.Write(b)
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return pipe{near, &p.mute}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	conn, open := <-p.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.conns) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
