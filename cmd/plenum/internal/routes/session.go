package routes

import (
	"cmp"
	"encoding/json"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// session is the part of one connection in one room. Each route of one room embeds it in a type of its
// own, which is the handler of the connection and the sink of the member, and says in which
// form its client is told what happens. The mux has memberships instead, and the functions below.
type session struct {
	*engine.Conn // set by open
	routes       *Routes
	name         string       // as others see it
	room         string       // until open a part of the request
	since        *rooms.Since // cleared by open
	member       rooms.Member
	silent       bool // it may only listen
	told         bool // the client is told where it stands before anything else
}

// newSession returns the session that a client asks for.
func (rt *Routes) newSession(q request) session {
	return session{routes: rt, name: q.Name, room: q.room, since: q.since, silent: !q.Publish, told: true}
}

// Name is for rooms.Sink.
func (s *session) Name() string { return s.name }

// View is for rooms.Viewer.
func (s *session) View() rooms.View { return viewFor(s.Conn) }

// OnDrain is for engine.Drainer.
func (s *session) OnDrain() { s.member.Drained() }

// OnClose leaves the room.
func (s *session) OnClose(*engine.Conn, int) { s.member.Leave(time.Now().UnixMilli()) }

// open joins the room as sink, which embeds s. tell sends where the client stands, if it is told that.
func (s *session) open(c *engine.Conn, hub *rooms.Hub, sink rooms.Sink, tell func(rooms.Position)) {
	s.Conn = c
	if !s.told {
		tell = nil
	}
	if err := join(hub, &s.member, s.room, sink, s.since, tell); err != nil {
		s.routes.closeUnjoined(c, err)
		return
	}
	s.room, s.since = s.member.Room(), nil // lets go of the request
}

// accepts reports whether a frame is for the room: a text that is not empty. An empty one has counted
// towards the client's rate. A client that may only listen is closed.
func (s *session) accepts(op frame.Opcode, data []byte) bool {
	if op != frame.Text || len(data) == 0 {
		return false
	}
	if s.silent {
		s.routes.closeRefused(s.Conn, access.NotAllowed)
	}
	return !s.silent
}

// join makes m a member of the room. If tell is not nil, it sends what the client is told first: then follow
// the messages behind since, and those from now on.
func join(hub *rooms.Hub, m *rooms.Member, room string, sink rooms.Sink, since *rooms.Since, tell func(rooms.Position)) error {
	now := time.Now().UnixMilli()
	if tell == nil {
		return hub.Join(m, room, sink, now)
	}
	p, err := hub.Resume(m, room, sink, since, now)
	if err != nil {
		return err
	}
	tell(p)
	m.Drained()
	return nil
}

// sendPosition sends the frame that says where a client stands, and the gap if the client has missed messages.
func sendPosition(c *engine.Conn, joined []byte, p rooms.Position) {
	_ = c.Send(frame.Text, joined)
	if p.Lost {
		_ = c.Send(frame.Text, encodeGap(p))
	}
}

// encodeGap encodes the messages that a client has missed.
func encodeGap(p rooms.Position) []byte {
	return codec.EncodeGap(codec.Gap{Room: p.Room, From: p.From, To: p.To, Epoch: p.Epoch})
}

// publish publishes a text of sender to the room of m. Its error says that the message cannot be encoded.
func publish(m *rooms.Member, sender, room, text string, now int64, to rooms.Receipt) error {
	body, err := codec.Encode(codec.Message{Sender: sender, Text: text, Room: room, Timestamp: now})
	if err != nil {
		return err
	}
	m.Publish(body.Bytes(), now, to)
	body.Free()
	return nil
}

// encodeRefusal encodes why a message was not taken. id is that of the command, if there is one.
func encodeRefusal(id json.RawMessage, err error) []byte {
	return codec.Refusal{ID: id, Code: cmp.Or(answer.BusCode(err), "busy"), Message: err.Error()}.Encode()
}
