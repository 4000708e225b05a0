package engine

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// front is the net/http server before the upgrade: its limits, and the counting
// of what ends there without a word to a handler.
type front struct {
	engine *Engine
	server *http.Server

	// crowded is how many sockets there may be, accepted and upgraded, before
	// those that only wait for another request give way. Set at creation.
	crowded int

	mu    sync.Mutex
	fresh map[*frontConn]struct{} // accepted, no request read yet
	idle  map[*frontConn]struct{} // answered, waiting for another request
	open  int                     // accepted, neither upgraded nor closed
}

func newFront(e *Engine) *front {
	limit := descriptorLimit()
	f := &front{engine: e, crowded: limit - reserve(limit)/2, fresh: map[*frontConn]struct{}{}, idle: map[*frontConn]struct{}{}}
	f.server = &http.Server{
		ReadHeaderTimeout: e.cfg.HandshakeTimeout,
		ReadTimeout:       e.cfg.HandshakeTimeout + 20*time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       15 * time.Second,
		MaxHeaderBytes:    max(e.cfg.MaxHeader-headerSlack, 1),
		ConnState:         f.onState,
		ErrorLog:          log.New(httpLog{e.cfg.Logger}, "", 0),
	}
	return f
}

// headerSlack is what net/http allows beyond MaxHeaderBytes, in bytes.
const headerSlack = 4 << 10

func (f *front) serve(ln net.Listener, h http.Handler) error {
	f.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(frontConnKey{}).(*frontConn); ok {
			c.served.Store(true)
		}
		h.ServeHTTP(w, r)
	})
	f.server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, frontConnKey{}, c)
	}
	err := f.server.Serve(&frontListener{Listener: ln, front: f})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

type frontConnKey struct{}

// httpLog takes net/http's lines: a panic is a fault of ours, the rest are its
// clients' and told at debug.
type httpLog struct{ to *slog.Logger }

func (l httpLog) Write(line []byte) (int, error) {
	level := slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: panic")) {
		level = slog.LevelError
	}
	l.to.Log(context.Background(), level, strings.TrimSpace(string(line)))
	return len(line), nil
}

// frontConn is an accepted connection; it notes how its handshake went.
type frontConn struct {
	net.Conn
	asked    atomic.Bool // it sent something
	served   atomic.Bool // a request reached a handler
	timedOut atomic.Bool
}

func (c *frontConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.asked.Store(true)
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		c.timedOut.Store(true)
	}
	return n, err
}

// CloseWrite sends FIN. net/http does so behind an answer to a request that it has not
// read to its end, and closes later: at once would be RST, which can overtake the answer.
func (c *frontConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// frontListener counts the accepts that fail. net/http rests after one that is
// temporary, as for want of a descriptor: 5 ms, then twice as long up to 1 s.
type frontListener struct {
	net.Listener
	front *front
}

func (l *frontListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		if !errors.Is(err, net.ErrClosed) {
			l.front.engine.stats.acceptsFailed.Add(1)
			l.front.engine.cfg.Logger.Warn("accept failed", "error", err)
			l.front.dismissIdle()
		}
		return nil, err
	}
	return &frontConn{Conn: c}, nil
}

// onState is net/http's, for each accepted connection.
func (f *front) onState(nc net.Conn, state http.ConnState) {
	c := nc.(*frontConn)
	if f.track(c, state) > f.crowded {
		f.dismissIdle()
	}
	if state != http.StateClosed || c.served.Load() {
		return
	}
	switch {
	case c.timedOut.Load():
		f.engine.stats.refused[RefusedTimeout].Add(1)
	case c.asked.Load():
		f.engine.stats.refused[RefusedRequest].Add(1)
	}
}

// track notes c's state and returns how many sockets there are where it is new.
func (f *front) track(c *frontConn, state http.ConnState) (sockets int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.fresh, c)
	delete(f.idle, c)
	switch state {
	case http.StateNew:
		f.fresh[c] = struct{}{}
		f.open++
		return f.open + f.engine.conns.len()
	case http.StateIdle:
		f.idle[c] = struct{}{}
	case http.StateHijacked, http.StateClosed:
		f.open--
	}
	return 0
}

// dismissIdle closes one connection that only waits for another request.
func (f *front) dismissIdle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.idle {
		delete(f.idle, c)
		_ = c.Close()
		return
	}
}

// stopAccepting closes the listener, lets requests under way end, and closes the
// connections that have sent none, which net/http would wait for.
func (f *front) stopAccepting() {
	f.server.SetKeepAlivesEnabled(false)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = f.server.Shutdown(ended) // closes the listener and what is idle, waits for nothing
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.fresh {
		_ = c.Close()
	}
}

// finish waits for the requests under way until ctx ends, then cuts them off.
func (f *front) finish(ctx context.Context) {
	if f.server.Shutdown(ctx) != nil {
		_ = f.server.Close()
	}
}
