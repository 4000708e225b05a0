package routes

import "plenum/codec"

// leave carries out the command leave. If the join of the room is still pending, leave cancels it. No message of
// the room follows the response, and no response to a later command precedes it.
func (m *muxSession) leave(c codec.Command, now int64) {
	m.change.Lock()
	cancelled, r := m.pending.cancel(c.Room), m.rooms.in(c.Room)
	if r != nil {
		m.mu.Lock()
		m.rooms.remove(r)
		m.mu.Unlock()
	}
	m.change.Unlock()
	switch {
	case cancelled != nil:
		m.refuse(cancelled.command, "cancelled", "the room was left before it was joined")
	case r == nil:
		m.refuse(c, "not_joined", notJoined)
		return
	default:
		if ended := r.Leave(now); ended != nil {
			m.leaveWhen(ended, c)
			return
		}
	}
	m.answer(codec.Left{ID: c.ID, Room: c.Room}.Encode())
}

// leaveWhen answers a leave when the running flush has ended. OnMessage must not block, so leaveWhen
// pauses reading until then. The pause does not affect commands that arrived together with the
// handshake: a join among them waits for the channel leaving.
func (m *muxSession) leaveWhen(ended <-chan struct{}, c codec.Command) {
	answered := make(chan struct{})
	m.change.Lock()
	before := m.leaving
	m.leaving = answered
	m.change.Unlock()
	m.PauseReading()
	m.routes.waits.Go(func() {
		if before != nil {
			<-before
		}
		<-ended
		m.answer(codec.Left{ID: c.ID, Room: c.Room}.Encode())
		m.change.Lock()
		if m.leaving == answered {
			m.leaving = nil
		}
		m.change.Unlock()
		close(answered)
		m.ResumeReading()
	})
}
