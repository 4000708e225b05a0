package engine

import (
	"container/list"
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"plenum/engine/internal/tlsrecord"
)

// front is what a connection meets before the upgrade: a goroutine of its own, which
// reads a plain handshake and serves it, and net/http's server for all else; their
// limits, and the counting of what ends there without a word to a handler.
type front struct {
	engine  *Engine
	server  *http.Server
	handler http.Handler       // set by serve
	base    context.Context    // of the openings' requests
	cancel  context.CancelFunc // base's

	// crowded is how many sockets there may be, accepted and upgraded, before
	// those that only wait for another request give way. Set at creation.
	crowded int

	// running counts the accepting goroutine, which begins before stopped is set or
	// never, and those of the openings, which it begins.
	running sync.WaitGroup

	freed chan struct{} // tells accept that fresh is not full any more

	mu      sync.Mutex
	stopped bool
	fresh   list.List               // *frontConn: accepted, no request read yet; the oldest first
	idle    map[*frontConn]struct{} // answered, waiting for another request
	serving map[*frontConn]struct{} // openings in the handler, or answering
	pending int                     // accepted, neither upgraded nor closed
}

func newFront(e *Engine) *front {
	limit := descriptorLimit()
	f := &front{engine: e, crowded: limit - reserve(limit)/2, freed: make(chan struct{}, 1), idle: map[*frontConn]struct{}{}, serving: map[*frontConn]struct{}{}}
	f.server = &http.Server{
		ReadHeaderTimeout: e.cfg.HandshakeTimeout,
		ReadTimeout:       e.cfg.HandshakeTimeout + 20*time.Second,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       e.cfg.IdleTimeout,
		MaxHeaderBytes:    e.cfg.MaxHeader - headerSlack,
		ConnState:         f.onState,
		ErrorLog:          log.New(httpLog{e.cfg.Logger}, "", 0),

		// That every request reaches the handler is how a head is known to be whole.
		DisableGeneralOptionsHandler: true,
	}
	f.base, f.cancel = context.WithCancel(context.WithValue(context.Background(), http.ServerContextKey, f.server))
	return f
}

// restTimeout is how long an answered request's body may still take.
const restTimeout = time.Second

// headerSlack is what net/http allows beyond MaxHeaderBytes, in bytes.
const headerSlack = 4 << 10

func (f *front) serve(ln net.Listener, h http.Handler) error {
	f.handler = h
	f.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := r.Context().Value(frontConnKey{}).(*frontConn)
		c.served.Store(true)
		h.ServeHTTP(w, r)
		if r.Body != http.NoBody && !c.taken.Load() {
			// net/http reads what the handler left of a body, for as long as ReadTimeout.
			_ = c.SetReadDeadline(time.Now().Add(restTimeout)) // a closed one needs none
		}
	})
	f.server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_, socket := tlsrecord.Of(c)
		return context.WithValue(ctx, frontConnKey{}, socket)
	}
	l := &frontListener{Listener: ln, front: f, handed: make(chan accepted), closed: make(chan struct{})}
	f.mu.Lock()
	if !f.stopped {
		f.running.Go(l.accept)
	}
	f.mu.Unlock()
	err := f.server.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// onState is net/http's, for each connection that it was given.
func (f *front) onState(nc net.Conn, state http.ConnState) {
	layer, socket := tlsrecord.Of(nc)
	c := socket.(*frontConn)
	switch state {
	case http.StateActive:
		c.asked.Store(true)
		f.move(c, nil)
	case http.StateIdle:
		f.move(c, f.idle)
	case http.StateHijacked:
		c.taken.Store(true)
		f.leave(c)
	case http.StateClosed:
		f.countUnserved(c, layer)
		f.leave(c)
	}
}

// countUnserved counts a connection that net/http closes without a request, unless
// it is the engine that ends.
func (f *front) countUnserved(c *frontConn, layer tlsrecord.Layer) {
	if c.served.Load() || c.dismissed.Load() || f.hasStopped() {
		return
	}
	switch {
	case c.timedOut.Load():
		f.engine.turnAway(RefusedTimeout, c.RemoteAddr().String(), nil)
	case layer.Encrypted() && c.heard.Load() && !layer.HandshakeDone():
		f.engine.turnAway(RefusedTLS, c.RemoteAddr().String(), nil)
	case c.asked.Load():
		f.engine.turnAway(RefusedRequest, c.RemoteAddr().String(), nil)
	}
}

// enter takes an accepted connection in; one that comes too late is closed, as its
// reader will find.
func (f *front) enter(c *frontConn) {
	f.mu.Lock()
	c.place = f.fresh.PushBack(c)
	var dismissed *frontConn
	if f.fresh.Len() > f.engine.cfg.MaxHandshakes {
		dismissed = f.dismissOldest()
	}
	f.pending++
	sockets := f.pending + f.engine.conns.len()
	if f.stopped {
		_ = c.Close()
	}
	f.mu.Unlock()
	if dismissed != nil {
		f.engine.turnAway(RefusedHalfOpen, dismissed.RemoteAddr().String(), nil)
	}
	if sockets > f.crowded {
		f.dismissIdle()
	}
}

// move puts c into a set, or with nil into none: a request of it is under way.
func (f *front) move(c *frontConn, to map[*frontConn]struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(c)
	if to != nil {
		to[c] = struct{}{}
	}
}

// forget takes c out of fresh and idle. mu is held.
func (f *front) forget(c *frontConn) {
	delete(f.idle, c)
	if c.place == nil {
		return
	}
	f.fresh.Remove(c.place)
	c.place = nil
	if f.fresh.Len() == f.engine.cfg.MaxHandshakes-1 {
		select {
		case f.freed <- struct{}{}:
		default: // it was told already
		}
	}
}

func (f *front) hasStopped() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}

// leave forgets c, which is closed or upgraded.
func (f *front) leave(c *frontConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(c)
	delete(f.serving, c)
	f.pending--
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
	f.closeFresh() // first: what net/http closes from now on is our own doing
	f.server.SetKeepAlivesEnabled(false)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = f.server.Shutdown(ended) // closes the listener and what is idle, waits for nothing
}

// closeFresh closes those that have sent no request, and whoever comes from now on.
func (f *front) closeFresh() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	for e := f.fresh.Front(); e != nil; e = e.Next() {
		_ = e.Value.(*frontConn).Close()
	}
}

// finish waits for the requests under way until ctx ends, then cuts them off. It
// does not wait for handlers that go on nevertheless.
func (f *front) finish(ctx context.Context) {
	defer f.cancel()
	if f.server.Shutdown(ctx) != nil {
		_ = f.server.Close()
	}
	ended := make(chan struct{})
	go func() { // ends with the last handler
		defer close(ended)
		f.running.Wait()
	}()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.serving {
		_ = c.Close()
	}
}
