package routes

import "plenum/codec"

// leave carries out the command leave. If the join of the room is still pending, leave cancels it. No message of the room follows
// the response. No response to a later command precedes it, unless both commands arrived together with the handshake.
func (m *muxSession) leave(c codec.Command, now int64) {
	if !m.rooms.Leave(&m.routes.mux, c.Room, now, &m.Conn, func() { m.answer(codec.Left{ID: c.ID, Room: c.Room}.Encode()) }) {
		m.refuse(c, "not_joined", notJoined)
	}
}
