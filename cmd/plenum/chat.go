package main

import (
	"net/http"
	"net/url"
	"time"

	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// roomMember is a connection in one room: /ws/chat/{room}.
type roomMember struct {
	*engine.Conn // set by OnOpen
	server       *server
	name, room   string
	member       rooms.Member
}

func (s *server) chat(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	name, fault := checkName(query.Get("username"))
	if err != nil {
		fault = badName
	}
	room, roomFault := checkRoom(r.PathValue("room"))
	if fault == "" {
		fault = roomFault
	}
	if fault != "" {
		s.refuse(w, r, fault)
		return
	}
	_ = s.engine.Upgrade(w, r, &roomMember{server: s, name: name, room: room})
}

// Name is for rooms.Sink.
func (m *roomMember) Name() string { return m.name }

// OnOpen joins the room.
func (m *roomMember) OnOpen(c *engine.Conn) {
	m.Conn = c
	if m.server.rooms.Join(&m.member, m.room, m, time.Now().UnixMilli()) != nil {
		m.server.closeFor(c, tooManyRooms)
		return
	}
	m.room = m.member.Room() // lets go of the request
}

// OnMessage sends a text to the whole room, the sender too.
func (m *roomMember) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if op != frame.Text {
		return
	}
	now := time.Now().UnixMilli()
	body, err := codec.Encode(codec.Message{Sender: m.name, Text: string(data), Room: m.room, Timestamp: now})
	if err != nil {
		m.server.log.Error("encode", "error", err)
		return
	}
	_, err = m.member.Publish(body.Bytes(), now)
	body.Free()
	if err != nil {
		m.server.closeFor(m.Conn, rateLimit) // its room could take no more
	}
}

// OnDrain is for engine.Drainer.
func (m *roomMember) OnDrain() { m.member.Drained() }

// OnClose leaves the room.
func (m *roomMember) OnClose(*engine.Conn, int) { m.member.Leave(time.Now().UnixMilli()) }

// closeFor closes a client with 1008, and counts it.
func (s *server) closeFor(c *engine.Conn, why fault) {
	if c.Close(frame.ClosePolicy, string(why)) == nil {
		s.refused.add(why)
	}
}

// refuse upgrades and closes at once, because a browser cannot read the status
// of a failed handshake.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, why fault) {
	if s.engine.Upgrade(w, r, refusal(why)) == nil {
		s.refused.add(why)
	}
}

// refusal closes what it is given with 1008 and itself as the reason.
type refusal fault

// OnOpen closes.
func (f refusal) OnOpen(c *engine.Conn) { _ = c.Close(frame.ClosePolicy, string(f)) }

// OnMessage is never called, the connection is closing.
func (refusal) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnClose has nothing to undo.
func (refusal) OnClose(*engine.Conn, int) {}
