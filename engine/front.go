package engine

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"
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
