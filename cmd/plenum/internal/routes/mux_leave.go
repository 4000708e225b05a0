package routes

import "plenum/codec"

// leave is the command. If the room is not joined yet, that join is cancelled. Nothing of the room
// follows the answer, and no answer to a later command comes before it.
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

// leaveWhen answers a leave when the flush under way has ended. Until then no command is read, because
// OnMessage may not wait. The pause has no effect on commands that came along with the
// handshake: a join among them waits for leaving.
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
