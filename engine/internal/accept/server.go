package accept

import (
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

	"plenum/engine/internal/adopt"
	"plenum/engine/internal/tlsrecord"
)

// Config is the configuration of a Server. All fields are required except TLS and NonBlocking.
type Config struct {
	MaxHandshakes    int           // bound on half-open connections
	HandshakeTimeout time.Duration // for receiving the head of a request
	IdleTimeout      time.Duration // for an idle connection to send another request
	MaxHeader        int           // bound on the head of a request, in bytes; more than HeaderSlack
	TLS              *tls.Config   // nil: no TLS
	Logger           *slog.Logger

	// MaxSockets bounds the accepted and the upgraded sockets together. Beyond it, idle connections are closed.
	MaxSockets int
	// Upgraded returns the number of open connections that have been hijacked. It is called with Server.mu held.
	Upgraded func() int
	// NonBlocking reports whether the handler serves a plain handshake without blocking. It is then called on the
	// poller. nil: never. The request is valid until the handler returns.
	NonBlocking func(r *http.Request) bool
	// SetOptions sets the options of a socket: of the listener, if the connections inherit them, otherwise of each
	// connection. It is called only if pollers accept.
	SetOptions func(fd int) error
	// Rate returns the limiter of accepts per second. It is called once per accept.
	Rate func() *rate.Limiter
	// Refused is called for each connection that ends without a request reaching the handler. No lock is held. It is not
	// called when the Server stops, nor if the client leaves without having sent a byte. With TLS, it is not called either
	// if the client leaves after the TLS handshake without having sent a byte of a request.
	Refused func(why Reason, from string, err error)
}

// Reason is the reason why a connection ended without a request reaching the handler.
type Reason uint8

// The reasons, with the answer that the client gets.
const (
	BadRequest Reason = iota // the head of the request is invalid: 400, 431 or similar
	TimedOut                 // the head was not complete in time: 408, or no answer if nothing was received
	Evicted                  // it was the oldest of too many half-open connections: no answer
	BadTLS                   // not TLS, or parameters that are not accepted: a TLS alert
	Unmovable                // it could not be taken from its poller: 503 if no descriptor was left, otherwise no answer
)

// HeaderSlack is the number of bytes that net/http accepts beyond MaxHeaderBytes.
const HeaderSlack = 4 << 10

// drainTimeout bounds the time in which the rest of a request's body is read and dropped after the response.
const drainTimeout = time.Second

// Server accepts connections and passes their requests to an http.Handler. Its methods may be called from any
// goroutine.
type Server struct {
	// Set at creation.
	cfg    Config
	http   *http.Server
	base   context.Context    // parent of the contexts of requests that net/http does not serve
	cancel context.CancelFunc // cancels base
	// slotFree notifies a listener that is not shared that fewer than MaxHandshakes connections are half-open.
	slotFree chan struct{}

	pollers *adopt.Pollers // set by UsePollers; nil: net/http accepts

	// Set by Serve.
	handler  http.Handler
	listener *listener
	inherit  bool // connections inherit the options of the listener

	handshakes sync.Pool // of *handshake

	// running counts the handshakes that are being served. It does not grow once stopped is set.
	running sync.WaitGroup

	mu        sync.Mutex
	stopped   bool
	acceptors []*acceptor        // one per poller; empty if the pollers do not accept
	turn      int                // index of the acceptor whose turn it is
	taken     int                // number of connections that pollers have upgraded since its turn began
	halfOpen  queue              // no request has been read yet
	reserved  int                // number of acceptors that may add one connection each to halfOpen
	idle      map[*conn]struct{} // a request was answered, the next one has not begun
	serving   map[*conn]struct{} // the handshake is in the handler, or being answered, on a goroutine
	pending   int                // number of accepted connections that are neither hijacked nor closed

	failed, delayed atomic.Uint64
}

// NewServer returns a Server. Serve starts it.
func NewServer(cfg Config) *Server {
	s := &Server{cfg: cfg, slotFree: make(chan struct{}, 1), idle: map[*conn]struct{}{}, serving: map[*conn]struct{}{}}
	s.http = &http.Server{
		ReadHeaderTimeout: cfg.HandshakeTimeout,
		ReadTimeout:       cfg.HandshakeTimeout + 20*time.Second,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    cfg.MaxHeader - HeaderSlack,
		ConnState:         s.onState,
		ConnContext:       withConn,
		ErrorLog:          log.New(httpLog{cfg.Logger}, "", 0),

		// Every request must reach the handler: that is how the Server knows that the head was complete.
		DisableGeneralOptionsHandler: true,
	}
	s.base, s.cancel = context.WithCancel(context.WithValue(context.Background(), http.ServerContextKey, s.http))
	return s
}

// Failed returns the number of failed accepts. One reason is that no descriptor is left.
func (s *Server) Failed() uint64 { return s.failed.Load() }

func (s *Server) countFailed(err error) {
	s.failed.Add(1)
	s.cfg.Logger.Warn("accept failed, retrying: raise the descriptor limit if too many files are open", "error", err)
}

// Delayed returns the number of accepted connections that were delayed by the rate.
func (s *Server) Delayed() uint64 { return s.delayed.Load() }

// UsePollers makes the pollers accept plain TCP connections. Call it before Serve.
func (s *Server) UsePollers(p *adopt.Pollers) { s.pollers = p }

// Serve accepts connections from ln and calls h for their requests. It blocks until StopAccepting is called, and then
// returns nil. It closes ln. Call it once.
func (s *Server) Serve(ln net.Listener, h http.Handler) error {
	s.handler = h
	s.http.Handler = http.HandlerFunc(s.serveHTTP)
	s.listener = newListener(s, ln)
	var err error
	if s.listener.shared, err = s.share(ln); err != nil {
		s.closeHalfOpen()
		_ = ln.Close() // share may have closed it
		return err
	}
	err = s.http.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serveHTTP is the handler of the net/http server.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*conn)
	c.served.Store(true)
	s.handler.ServeHTTP(w, r)
	if r.Body != http.NoBody && !c.hijacked.Load() {
		// net/http reads the rest of the body, by default until ReadTimeout.
		_ = c.SetReadDeadline(time.Now().Add(drainTimeout)) // an error means that the connection is closed
	}
}

// connKey is the key of a request's *conn in its context.
type connKey struct{}

func withConn(ctx context.Context, nc net.Conn) context.Context {
	_, socket := tlsrecord.Of(nc)
	return context.WithValue(ctx, connKey{}, socket)
}

// onState is called by net/http when the state of one of its connections changes.
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

// reportUnserved calls Config.Refused for a connection that net/http has closed before a request reached the handler,
// unless the Server is stopping.
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
	s.cfg.Refused(why, c.address(), err)
}

// StopAccepting closes the listener and the idle and half-open connections. net/http would wait for the half-open ones.
// Requests in progress continue. It does not wait.
func (s *Server) StopAccepting() {
	s.closeHalfOpen() // first, so that connections which net/http closes from now on are not reported as refused
	s.http.SetKeepAlivesEnabled(false)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.http.Shutdown(ended) // closes the listener and the idle connections; does not wait, because ended is done
}

// Finish waits for the requests in progress. When ctx ends, it closes their connections and returns, even if handlers
// are still running.
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
