package memberships

import "plenum/rooms"

// Pauser stops and resumes the reading of a connection.
type Pauser interface {
	PauseReading()
	ResumeReading()
}

// Leave leaves a room, and then calls left, unless that is nil. No message of the room follows the call of left. No answer to a
// later leave precedes it, except for commands during which PauseReading has no effect, see engine.Conn. If the join of the room
// is still pending, Leave cancels it. If the connection is not in the room, Leave returns false and does not call left. Call
// Leave within OnMessage of c. now is the current time in Unix milliseconds.
func (s *Set) Leave(h *Host, room string, now int64, c Pauser, left func()) bool {
	s.change.Lock()
	cancelled, m := s.pending.cancel(room), s.slots.in(room)
	if m != nil {
		s.mu.Lock()
		s.slots.remove(m)
		s.mu.Unlock()
	}
	if cancelled != nil {
		cancelled.Answer.Refused(ErrCancelled)
	}
	s.change.Unlock()
	if left == nil {
		left = func() {}
	}
	switch {
	case cancelled != nil:
	case m == nil:
		return false
	default:
		if ended := m.Leave(now); ended != nil {
			s.leaveWhen(h, []<-chan struct{}{ended}, c, left)
			return true
		}
	}
	left()
	return true
}

// LeaveAll leaves the rooms for which leaves returns true, and refuses their pending joins with the error why. Then it calls
// left for each room that the connection was in, and at last done. Otherwise it is like Leave.
func (s *Set) LeaveAll(h *Host, why error, now int64, c Pauser, leaves func(room string) bool, left func(room string), done func()) {
	var names []string
	var running []<-chan struct{}
	for _, m := range s.removeAll(why, leaves) {
		names = append(names, m.Room())
		if ended := m.Leave(now); ended != nil {
			running = append(running, ended)
		}
	}
	answer := func() {
		for _, room := range names {
			left(room)
		}
		done()
	}
	if running != nil {
		s.leaveWhen(h, running, c, answer)
		return
	}
	answer()
}

// removeAll removes and returns the members in rooms for which leaves returns true. It refuses the pending joins of such rooms.
func (s *Set) removeAll(why error, leaves func(room string) bool) (gone []*rooms.Member) {
	s.change.Lock()
	defer s.change.Unlock()
	for _, p := range s.pending.in(leaves) {
		s.pending.settle(p)
		p.Answer.Refused(why)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for m := range s.slots.all() {
		if leaves(m.Room()) {
			gone = append(gone, m)
		}
	}
	for _, m := range gone {
		s.slots.remove(m)
	}
	return gone
}

// leaveWhen calls left when the running flushes have ended. OnMessage must not block, so leaveWhen
// pauses reading until then. The pause does not affect messages that arrived together with the
// handshake: a join among them waits for the channel leaving.
func (s *Set) leaveWhen(h *Host, running []<-chan struct{}, c Pauser, left func()) {
	answered := make(chan struct{})
	s.change.Lock()
	pending := s.withPending()
	before := pending.leaving
	pending.leaving = answered
	s.change.Unlock()
	c.PauseReading()
	h.waits.Go(func() {
		if before != nil {
			<-before
		}
		for _, ended := range running {
			<-ended
		}
		left()
		s.change.Lock()
		if pending.leaving == answered {
			pending.leaving = nil
		}
		s.change.Unlock()
		close(answered)
		c.ResumeReading()
	})
}
