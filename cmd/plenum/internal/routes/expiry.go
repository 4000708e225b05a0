package routes

import (
	"context"
	"sync"
	"time"

	"plenum/cmd/plenum/internal/auth"
	"plenum/codec/frame"
	"plenum/engine"
)

// expiries closes connections when their tokens expire.
type expiries struct {
	mu    sync.Mutex
	due   map[int64]map[*engine.Conn]struct{} // by Unix second
	conns map[*engine.Conn]int64              // the second at which each is due
}

func newExpiries() *expiries {
	return &expiries{due: map[int64]map[*engine.Conn]struct{}{}, conns: map[*engine.Conn]int64{}}
}

// add schedules the close of c at a time, rounded down to the second.
func (e *expiries) add(c *engine.Conn, at time.Time) {
	second := at.Unix()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.due[second] == nil {
		e.due[second] = map[*engine.Conn]struct{}{}
	}
	e.due[second][c] = struct{}{}
	e.conns[c] = second
}

// remove forgets c, which is closed.
func (e *expiries) remove(c *engine.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	second, known := e.conns[c]
	if !known {
		return
	}
	delete(e.conns, c)
	delete(e.due[second], c)
	if len(e.due[second]) == 0 {
		delete(e.due, second)
	}
}

// watch closes connections when they are due, until ctx ends.
func (e *expiries) watch(ctx context.Context) {
	ticker := time.NewTicker(time.Second / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for _, c := range e.takeDue(now.Unix()) {
				_ = c.Close(frame.CloseTokenExpired, "Token expired") // an error: c is closing already
			}
		}
	}
}

// takeDue removes and returns the connections that are due at now, in Unix seconds, or before.
func (e *expiries) takeDue(now int64) (all []*engine.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for second, conns := range e.due {
		if second > now {
			continue
		}
		for c := range conns {
			all = append(all, c)
			delete(e.conns, c)
		}
		delete(e.due, second)
	}
	return all
}

// expiring is a Handler whose connection is closed when its token expires.
type expiring struct {
	engine.Handler
	routes *Routes
	at     time.Time
}

// until returns a handler like h that closes the connection when the token of id expires.
func (rt *Routes) until(id auth.Identity, h engine.Handler) engine.Handler {
	if id.Expires.IsZero() {
		return h
	}
	return &expiring{Handler: h, routes: rt, at: id.Expires}
}

// OnOpen schedules the close of the connection.
func (h *expiring) OnOpen(c *engine.Conn) {
	h.routes.expiries.add(c, h.at)
	h.Handler.OnOpen(c)
}

// OnDrain implements engine.Drainer.
func (h *expiring) OnDrain() {
	if d, ok := h.Handler.(engine.Drainer); ok {
		d.OnDrain()
	}
}

// OnClose cancels the scheduled close.
func (h *expiring) OnClose(c *engine.Conn, code int) {
	h.routes.expiries.remove(c)
	h.Handler.OnClose(c, code)
}
