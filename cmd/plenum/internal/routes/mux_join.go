package routes

import (
	"context"
	"slices"
	"time"

	"plenum/cmd/plenum/internal/answer"
	"plenum/codec"
	"plenum/rooms"
)

// pendingJoin is a command join that is not answered yet, because its room is not open on this
// node, or because an earlier leave is not answered. It is answered exactly once: by joined, by an error, or by cancelled when its client leaves first.
type pendingJoin struct {
	command codec.Command
	since   *rooms.Since
	leaving <-chan struct{} // closed when the earlier leaves are answered; nil: they are
	taken   bool            // a goroutine opens the room
}

// pendingJoins are those of one connection, guarded by muxSession.change. A join that is answered
// is taken out, but a goroutine may still wait for the bus because of it.
type pendingJoins struct {
	all     []*pendingJoin // in the order they came in
	openers int            // goroutines
}

// of returns the pending join of a room; nil if there is none.
func (s *pendingJoins) of(room string) *pendingJoin {
	for _, p := range s.all {
		if p.command.Room == room {
			return p
		}
	}
	return nil
}

// settle takes p out, whose answer is the caller's to give; false if p is answered already, or
// the connection is closed.
func (s *pendingJoins) settle(p *pendingJoin) bool {
	i := slices.Index(s.all, p)
	if i < 0 {
		return false
	}
	s.all = slices.Delete(s.all, i, i+1)
	return true
}

// next returns the first join that no goroutine has taken, and marks it; nil if there is none.
func (s *pendingJoins) next() *pendingJoin {
	for _, p := range s.all {
		if !p.taken {
			p.taken = true
			return p
		}
	}
	return nil
}

// enterLater answers a join when its room is open. A connection has as many goroutines for that as it may
// have rooms, also if it leaves the rooms again before they are open: further joins wait for one
// of these. change is held.
func (m *muxSession) enterLater(c codec.Command, since *rooms.Since) {
	m.pending.all = append(m.pending.all, &pendingJoin{command: c, since: since, leaving: m.leaving})
	if m.pending.openers == m.routes.cfg.MaxRoomsPerConn {
		return
	}
	m.pending.openers++
	m.routes.waits.Go(m.open)
}

// open opens rooms, and joins them, until no join waits.
func (m *muxSession) open() {
	for p := m.nextPending(); p != nil; p = m.nextPending() {
		m.openAndEnter(p)
	}
}

// nextPending is pendingJoins.next. If it returns nil the goroutine ends, and is not counted any more.
func (m *muxSession) nextPending() *pendingJoin {
	m.change.Lock()
	defer m.change.Unlock()
	p := m.pending.next()
	if p == nil {
		m.pending.openers--
	}
	return p
}

// openAndEnter joins a room once it is open on this node, unless the client has left it meanwhile.
func (m *muxSession) openAndEnter(p *pendingJoin) {
	if p.leaving != nil {
		<-p.leaving
	}
	// The wait is bounded by the hub, and not ended by leave: what one connection has the
	// bus do at once is bounded by its goroutines.
	done, err := m.routes.cfg.Rooms.Open(context.Background(), p.command.Room, p.since)
	if err == nil {
		defer done()
	}
	m.change.Lock()
	defer m.change.Unlock()
	if !m.pending.settle(p) {
		return
	}
	if err == nil {
		err = m.enter(p.command, p.since, time.Now().UnixMilli())
		if !busAway(err) {
			return // enter has answered
		}
	}
	m.refuse(p.command, answer.CodeBus, err.Error())
}

// cancel answers a room's pending join, which is not carried out then; false if there is none.
func (m *muxSession) cancel(room string) bool {
	m.change.Lock()
	p := m.pending.of(room)
	cancelled := p != nil && m.pending.settle(p)
	m.change.Unlock()
	if cancelled {
		m.refuse(p.command, "cancelled", "the room was left before it was joined")
	}
	return cancelled
}
