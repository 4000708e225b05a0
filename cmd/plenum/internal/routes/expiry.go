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
	shards [expiryShards]expiryShard // by second; each is locked by itself
}

// expiryShards is the number of shards. With 64, and tokens that are valid for a week, a shard has about 10,000 seconds.
const expiryShards = 64

type expiryShard struct {
	mu  sync.Mutex
	due map[int64]map[*engine.Conn]struct{} // by Unix second; none is empty
}

func newExpiries() *expiries {
	e := new(expiries)
	for i := range e.shards {
		e.shards[i].due = map[int64]map[*engine.Conn]struct{}{}
	}
	return e
}

func (e *expiries) shard(second int64) *expiryShard {
	return &e.shards[uint64(second)%expiryShards]
}

// add schedules the close of c at a time, rounded down to the second.
func (e *expiries) add(c *engine.Conn, at time.Time) {
	second := at.Unix()
	s := e.shard(second)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due[second] == nil {
		s.due[second] = map[*engine.Conn]struct{}{}
	}
	s.due[second][c] = struct{}{}
}

// remove forgets c, which is closed. at is the argument of add.
func (e *expiries) remove(c *engine.Conn, at time.Time) {
	second := at.Unix()
	s := e.shard(second)
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.due[second], c); len(s.due[second]) == 0 {
		delete(s.due, second)
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
			e.closeDue(now.Unix())
		}
	}
}

// closeDue removes and closes the connections that are due at now, in Unix seconds, or before.
func (e *expiries) closeDue(now int64) {
	for i := range e.shards {
		for _, conns := range e.shards[i].takeDue(now) {
			for c := range conns {
				_ = c.Close(frame.CloseTokenExpired, "Token expired") // an error: c is closing already
			}
		}
	}
}

// takeDue removes and returns the connections that are due at now, in Unix seconds, or before. It takes whole maps, so its
// time depends on the number of seconds, not of connections.
func (s *expiryShard) takeDue(now int64) (all []map[*engine.Conn]struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for second, conns := range s.due {
		if second <= now {
			all = append(all, conns)
			delete(s.due, second)
		}
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
	h.routes.expiries.remove(c, h.at)
	h.Handler.OnClose(c, code)
}
