package routes

import (
	"cmp"
	"encoding/json"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// session is the common part of connections that are in exactly one room. The routes embed it in types of their
// own, which are the handler of the connection and the sink of the member. These types define the
// format of the data that the client receives. muxSession does not embed session, but uses the functions in this file.
type session struct {
	engine.Conn
	*terms        // open replaces them by terms that sessions share
	name   string // shown to other members
	member rooms.Member
}

// terms are the rights of a session and, until open, the parameters with which it joins its room.
type terms struct {
	routes   *Routes
	readOnly bool // the client may not publish
	events   bool // the client asks for announcements as events

	// Used by open.
	room          string
	since         *rooms.Since
	sendsPosition bool // the client first receives its position in the room
}

// newSession returns the session for a request.
func (rt *Routes) newSession(q request) session {
	return session{name: q.Name, terms: &terms{rt, !rt.cfg.Guard.MayPublish(q.Identity, q.room), q.events, q.room, q.since, true}}
}

// Name implements rooms.Sink.
func (s *session) Name() string { return s.name }

// View implements rooms.Viewer.
func (s *session) View() rooms.View { return viewOf(memberships.ViewFor(&s.Conn), s.events) }

// OnDrain implements engine.Drainer.
func (s *session) OnDrain() { s.member.Drained() }

// OnClose leaves the room.
func (s *session) OnClose(*engine.Conn, int) { s.member.Leave(time.Now().UnixMilli()) }

// open joins the room with sink, which embeds s. sendPosition sends the client its position in the room; it is
// called only if s.sendsPosition is set. If the room cannot be joined, open closes the connection.
func (s *session) open(c *engine.Conn, hub *rooms.Hub, sink rooms.Sink, sendPosition func(rooms.Position)) {
	t := s.terms
	s.terms = t.routes.open(t.readOnly, t.events)
	if !t.sendsPosition {
		sendPosition = nil
	}
	if err := join(hub, &s.member, t.room, sink, t.since, sendPosition); err != nil {
		s.routes.closeUnjoined(c, err)
	}
}

// accepts reports whether a message is to be published: it must be a text that is not empty. Empty texts are
// ignored, but count toward the client's rate limit. A read-only client that sends a text is closed.
func (s *session) accepts(op frame.Opcode, data []byte) bool {
	if op != frame.Text || len(data) == 0 {
		return false
	}
	if s.readOnly {
		s.routes.closeRefused(&s.Conn, access.NotAllowed)
	}
	return !s.readOnly
}

// join makes m a member of the room. If sendPosition is nil, the client receives only new messages. Otherwise
// join calls sendPosition first; then the client receives the messages after since and the new ones.
func join(hub *rooms.Hub, m *rooms.Member, room string, sink rooms.Sink, since *rooms.Since, sendPosition func(rooms.Position)) error {
	now := time.Now().UnixMilli()
	if sendPosition == nil {
		return hub.Join(m, room, sink, now)
	}
	p, err := hub.Resume(m, room, sink, since, now)
	if err != nil {
		return err
	}
	sendPosition(p)
	m.Drained()
	return nil
}

// sendJoined sends joined, which has the client's position, and the gap if messages are missing.
func sendJoined(c *engine.Conn, joined []byte, p rooms.Position) {
	_ = c.Send(frame.Text, joined)
	if p.Lost {
		_ = c.Send(frame.Text, encodeGap(p))
	}
}

// encodeGap encodes the range of the messages that the client cannot receive any more.
func encodeGap(p rooms.Position) []byte {
	return codec.EncodeGap(codec.Gap{Room: p.Room, From: p.From, To: p.To, Epoch: p.Epoch})
}

// publish publishes a message to the room of m. to receives the result. The error is not nil if the message cannot
// be encoded; then to is not called.
func publish(m *rooms.Member, message codec.Message, now int64, to rooms.Receipt) error {
	body, err := codec.Encode(message)
	if err != nil {
		return err
	}
	m.Publish(body.Bytes(), now, to)
	body.Free()
	return nil
}

// encodeRefusal encodes the error of a message that was not published. id is the id of the command; nil if there is none.
func encodeRefusal(id json.RawMessage, err error) []byte {
	return codec.Refusal{ID: id, Code: cmp.Or(answer.BusCode(err), "busy"), Message: answer.Text(err)}.Encode()
}
