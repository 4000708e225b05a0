package routes

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// muxSession is a connection in any number of rooms: /ws. It has one rooms.Member per room, and is the sink of all of
// them.
type muxSession struct {
	engine.Conn
	routes *Routes
	name   string
	rights *auth.Identity // rights of the token; used and replaced only in calls of the handler

	listing atomic.Bool // a members command is running
	events  bool        // the client asks for announcements as events; set at creation

	rooms memberships.Set
}

// anyone are the rights of all clients if no token is needed.
var anyone = &auth.Identity{Publish: true}

func (rt *Routes) several(w http.ResponseWriter, r *http.Request) {
	q, why := rt.parse(w, r, "", "")
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	m := &muxSession{routes: rt, name: q.Name, rights: anyone, events: q.events}
	if rt.cfg.Guard.NeedsToken() {
		id := q.Identity // without the rest of q, which would stay in memory
		m.rights = &id
	}
	_ = rt.cfg.Engine.Upgrade(w, r, &m.Conn, m)
}

// Name implements rooms.Sink.
func (m *muxSession) Name() string { return m.name }

// View implements rooms.Viewer.
func (m *muxSession) View() rooms.View { return viewOf(memberships.ViewFor(&m.Conn), m.events) }

// CollectFrames implements rooms.Joiner.
func (m *muxSession) CollectFrames(b []byte) (taken int, begins bool, err error) { return m.Collect(b) }

// OnOpen sends nothing. The client sends the first command.
func (m *muxSession) OnOpen(*engine.Conn) { m.expire() }

// OnDrain implements engine.Drainer.
func (m *muxSession) OnDrain() { m.rooms.Drained() }

// OnClose leaves all rooms.
func (m *muxSession) OnClose(*engine.Conn, int) {
	m.expireNever()
	m.rooms.Close(time.Now().UnixMilli())
}

// OnMessage carries out a command.
func (m *muxSession) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if op != frame.Text {
		m.refuse(codec.Command{}, "bad_command", "a command must be a text message")
		return
	}
	command, err := codec.ParseCommand(data)
	if err != nil {
		m.refuse(command, "bad_command", err.Error())
		return
	}
	now := time.Now().UnixMilli()
	switch command.Type {
	case "ping":
		m.answer(codec.Pong{ID: command.ID, Timestamp: now}.Encode())
		return
	case "refresh":
		m.refresh(command, now)
		return
	}
	run, known := commands[command.Type]
	if !known {
		m.refuse(command, "unknown_type", m.typeMustBe())
		return
	}
	if _, why := access.CheckRoom(command.Room); why != "" || command.Room == "" {
		m.refuse(command, "bad_room", roomMustBe)
		return
	}
	run(m, command, now)
}

// roomMustBe is the error message for an invalid room.
var roomMustBe = fmt.Sprintf("room must be a string of 1 to %d bytes without control characters, and neither . nor ..", access.MaxRoom)

// typeMustBe returns the error message for an unknown type. Without sign-in there is no token to refresh.
func (m *muxSession) typeMustBe() string {
	if m.routes.cfg.Guard.NeedsToken() {
		return "type must be join, leave, publish, members, refresh or ping"
	}
	return "type must be join, leave, publish, members or ping"
}

// commands are the commands about a room. OnMessage has checked the room's name.
var commands = map[string]func(m *muxSession, c codec.Command, now int64){
	"join":    (*muxSession).join,
	"leave":   (*muxSession).leave,
	"publish": (*muxSession).publish,
	"members": (*muxSession).list,
}

// notJoined is the error message for a command about a room that the connection has not joined.
const notJoined = "join the room first"

// member returns the connection's member in the command's room. If there is none, it answers with an error and
// returns nil.
func (m *muxSession) member(c codec.Command) *rooms.Member {
	r := m.rooms.In(c.Room)
	if r == nil {
		m.refuse(c, "not_joined", notJoined)
	}
	return r
}

// refuse answers a command with an error. The connection stays open.
func (m *muxSession) refuse(c codec.Command, code, message string) {
	m.answer(codec.Refusal{ID: c.ID, Code: code, Message: message}.Encode())
}

// answer sends the response to a command.
func (m *muxSession) answer(text []byte) { _ = m.Send(frame.Text, text) }
