package routes

import (
	"plenum/engine"
	"plenum/rooms"
)

// informedChat is a chatSession whose token has an info. It is a type of its own so that other sessions use no memory for one.
type informedChat struct {
	chatSession
	info string
}

// Info implements rooms.Informer.
func (m *informedChat) Info() string { return m.info }

// OnOpen joins the room, as chatSession.OnOpen.
func (m *informedChat) OnOpen(c *engine.Conn) { m.enter(c, m) }

// newChat returns the session for a request, and the handler of its connection.
func (rt *Routes) newChat(q request) (*chatSession, engine.Handler) {
	if q.Info == nil {
		m := &chatSession{rt.newSession(q)}
		return m, m
	}
	m := &informedChat{chatSession{rt.newSession(q)}, *q.Info}
	return &m.chatSession, m
}

// informedMux is the sink of a room that a muxSession has joined with a token that has an info. It keeps this info until the
// connection has left the room, even if the token is renewed meanwhile.
type informedMux struct {
	*muxSession
	info string
}

// Info implements rooms.Informer.
func (m *informedMux) Info() string { return m.info }

// sink returns the sink of the next room that the connection joins.
func (m *muxSession) sink() rooms.Sink {
	if m.rights.Info == nil {
		return m
	}
	return &informedMux{m, *m.rights.Info}
}
