package accept

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"plenum/engine/internal/tlsrecord"
)

// Config says how a Server works. Every field is needed but TLS.
type Config struct {
	MaxHandshakes    int           // connections that have yet to send their first request
	HandshakeTimeout time.Duration // for the reading of a request's head
	IdleTimeout      time.Duration // for an answered connection to send another request
	MaxHeader        int           // bytes of a request's head; more than HeaderSlack
	TLS              *tls.Config   // nil: plain
	Logger           *slog.Logger

	// MaxSockets is how many sockets there may be, accepted and upgraded, before
	// connections that only wait for another request are closed.
	MaxSockets int
	// Upgraded returns how many connections have been hijacked and are open still.
	Upgraded func() int
	// Rate returns the limit of accepted connections per second.
	Rate func() *rate.Limiter
	// Refused is told of each connection that ends without reaching the handler, except when the Server stops.
	Refused func(why Reason, from string, err error)
}

// Reason is why a connection ended without reaching the handler.
type Reason uint8

// The reasons, each with the answer that the client gets.
const (
	BadRequest Reason = iota // 400, 431 and the like: the head could not be read
	TimedOut                 // 408, none if nothing came: the head did not come in time
	Evicted                  // none: it was the oldest of too many half-open handshakes
	BadTLS                   // an alert: not TLS, or a kind that is not accepted
)

// HeaderSlack is how much net/http allows beyond MaxHeaderBytes, in bytes.
const HeaderSlack = 4 << 10

// drainTimeout is how long the rest of a request's body may take after the answer.
const drainTimeout = time.Second

// Server accepts connections and gives their requests to an http.Handler.
type Server struct {
	// Set at creation.
	cfg    Config
	http   *http.Server
	base   context.Context    // of the requests that are not net/http's
	cancel context.CancelFunc // base's
	room   chan struct{}      // tells the accepting goroutine that fewer than MaxHandshakes are half-open

	handler http.Handler // set by Serve

	// running counts the accepting goroutine, which begins before stopped is set or
	// never, and those of the handshakes, which it begins.
	running sync.WaitGroup

	mu       sync.Mutex
	stopped  bool
	halfOpen list.List          // *conn: accepted, no request read yet; the oldest first
	idle     map[*conn]struct{} // answered, waiting for another request
	serving  map[*conn]struct{} // handshakes in the handler, or being answered
	pending  int                // accepted, neither hijacked nor closed

	failed, delayed atomic.Uint64
}

// NewServer makes a Server that accepts nothing yet.
func NewServer(cfg Config) *Server {
	s := &Server{cfg: cfg, room: make(chan struct{}, 1), idle: map[*conn]struct{}{}, serving: map[*conn]struct{}{}}
	s.http = &http.Server{
		ReadHeaderTimeout: cfg.HandshakeTimeout,
		ReadTimeout:       cfg.HandshakeTimeout + 20*time.Second,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    cfg.MaxHeader - HeaderSlack,
		ConnState:         s.onState,
		ConnContext:       withConn,
		ErrorLog:          log.New(httpLog{cfg.Logger}, "", 0),

		// That every request reaches the handler is how a head is known to be whole.
		DisableGeneralOptionsHandler: true,
	}
	s.base, s.cancel = context.WithCancel(context.WithValue(context.Background(), http.ServerContextKey, s.http))
	return s
}

// Failed is how many accepts have failed, for instance because there was no descriptor.
func (s *Server) Failed() uint64 { return s.failed.Load() }

// Delayed is how many accepted connections the rate has delayed.
func (s *Server) Delayed() uint64 { return s.delayed.Load() }

// Serve accepts on ln and serves requests with h until StopAccepting; it then returns nil. It closes ln.
func (s *Server) Serve(ln net.Listener, h http.Handler) error {
	s.handler = h
	s.http.Handler = http.HandlerFunc(s.serveHTTP)
	l := &listener{Listener: ln, server: s, passed: make(chan accepted), closed: make(chan struct{})}
	s.mu.Lock()
	if !s.stopped {
		s.running.Go(l.acceptAll)
	}
	s.mu.Unlock()
	err := s.http.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serveHTTP is the handler of net/http's server.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*conn)
	c.served.Store(true)
	s.handler.ServeHTTP(w, r)
	if r.Body != http.NoBody && !c.hijacked.Load() {
		// net/http reads the rest of a body, for as long as ReadTimeout.
		_ = c.SetReadDeadline(time.Now().Add(drainTimeout)) // a closed one needs none
	}
}

// connKey is the key of a request's *conn in its context.
type connKey struct{}

func withConn(ctx context.Context, nc net.Conn) context.Context {
	_, socket := tlsrecord.Of(nc)
	return context.WithValue(ctx, connKey{}, socket)
}

// onState is called by net/http, for each connection that it was given.
func (s *Server) onState(nc net.Conn, state http.ConnState) {
	layer, socket := tlsrecord.Of(nc)
	c := socket.(*conn)
	switch state {
	case http.StateActive:
		c.begun.Store(true)
		s.move(c, nil)
	case http.StateIdle:
		s.move(c, s.idle)
	case http.StateHijacked:
		c.hijacked.Store(true)
		s.remove(c)
	case http.StateClosed:
		s.reportUnserved(c, layer)
		s.remove(c)
	}
}

// reportUnserved reports a connection that net/http closes without a request, unless
// the Server is stopping.
func (s *Server) reportUnserved(c *conn, layer tlsrecord.Layer) {
	if c.served.Load() || c.evicted.Load() || s.hasStopped() {
		return
	}
	switch {
	case c.timedOut.Load():
		s.refused(TimedOut, c, nil)
	case layer.Encrypted() && c.heard.Load() && !layer.HandshakeDone():
		s.refused(BadTLS, c, nil)
	case c.begun.Load():
		s.refused(BadRequest, c, nil)
	}
}

func (s *Server) refused(why Reason, c *conn, err error) {
	s.cfg.Refused(why, c.RemoteAddr().String(), err)
}

// StopAccepting closes the listener, lets requests under way end, and closes the
// connections that have sent none, which net/http would wait for.
func (s *Server) StopAccepting() {
	s.closeHalfOpen() // first: from now on the Server is the reason when net/http closes a connection
	s.http.SetKeepAlivesEnabled(false)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.http.Shutdown(ended) // closes the listener and idle connections, waits for nothing
}

// Finish waits for the requests under way until ctx ends, then cuts them off. It
// does not wait for handlers that go on nevertheless.
func (s *Server) Finish(ctx context.Context) {
	defer s.cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	ended := make(chan struct{})
	go func() { // ends with the last handler
		defer close(ended)
		s.running.Wait()
	}()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.serving {
		_ = c.Close()
	}
}
