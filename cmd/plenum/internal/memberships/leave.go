package memberships

// Pauser stops and resumes the reading of a connection.
type Pauser interface {
	PauseReading()
	ResumeReading()
}

// Leave leaves a room, and then calls left, unless that is nil. No message of the room follows the call of left, and no
// answer to a later leave precedes it. If the join of the room is still pending, Leave cancels it. If the connection is not
// in the room, Leave returns false and does not call left. It is called within OnMessage of c. now is the current time in
// Unix milliseconds.
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
			s.leaveWhen(h, ended, c, left)
			return true
		}
	}
	left()
	return true
}

// leaveWhen calls left when the running flush has ended. OnMessage must not block, so leaveWhen
// pauses reading until then. The pause does not affect messages that arrived together with the
// handshake: a join among them waits for the channel leaving.
func (s *Set) leaveWhen(h *Host, ended <-chan struct{}, c Pauser, left func()) {
	answered := make(chan struct{})
	s.change.Lock()
	before := s.leaving
	s.leaving = answered
	s.change.Unlock()
	c.PauseReading()
	h.waits.Go(func() {
		if before != nil {
			<-before
		}
		<-ended
		left()
		s.change.Lock()
		if s.leaving == answered {
			s.leaving = nil
		}
		s.change.Unlock()
		close(answered)
		c.ResumeReading()
	})
}
