package routes

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// muxSession is a connection in any number of rooms: /ws. It is the sink of all its
// memberships. Its poller adds and removes them. If a room is not open on this node, a
// goroutine adds it once the bus has answered.
type muxSession struct {
	*engine.Conn // set by OnOpen
	routes       *Routes
	id           auth.Identity

	listing atomic.Bool // the command members is at work

	// change is held to add, to remove and to look up memberships. It is locked before mu.
	change  sync.Mutex
	pending pendingJoins    // guarded by change
	leaving <-chan struct{} // guarded by change: closed when the leaves under way are answered; nil: there are none

	mu    sync.Mutex
	rooms memberships // changed with change held, too
}

func (rt *Routes) mux(w http.ResponseWriter, r *http.Request) {
	q, why := rt.parse(w, r, "", "")
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	rt.upgrade(w, r, q.Identity, &muxSession{routes: rt, id: q.Identity})
}

// Name is for rooms.Sink.
func (m *muxSession) Name() string { return m.id.Name }

// View is for rooms.Viewer.
func (m *muxSession) View() rooms.View { return viewFor(m.Conn) }

// OnOpen waits for commands.
func (m *muxSession) OnOpen(c *engine.Conn) { m.Conn = c }

// OnDrain is for engine.Drainer. It is not known which of the rooms found the socket full.
func (m *muxSession) OnDrain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for r := range m.rooms.all() {
		r.Drained()
	}
}

// OnClose leaves all rooms.
func (m *muxSession) OnClose(*engine.Conn, int) {
	m.change.Lock()
	defer m.change.Unlock()
	m.pending.all = nil
	m.mu.Lock()
	all := m.rooms
	m.rooms = memberships{}
	m.mu.Unlock()
	now := time.Now().UnixMilli()
	for r := range all.all() {
		r.Leave(now)
	}
}

// OnMessage carries a command out.
func (m *muxSession) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if op != frame.Text {
		m.refuse(codec.Command{}, "bad_command", "a command is a text frame")
		return
	}
	command, err := codec.ParseCommand(data)
	if err != nil {
		m.refuse(command, "bad_command", err.Error())
		return
	}
	now := time.Now().UnixMilli()
	if command.Type == "ping" {
		m.answer(codec.Pong{ID: command.ID, Timestamp: now}.Encode())
		return
	}
	carryOut, known := commands[command.Type]
	if !known {
		m.refuse(command, "unknown_type", "type must be join, leave, publish, members or ping")
		return
	}
	if _, why := access.CheckRoom(command.Room); why != "" || command.Room == "" {
		m.refuse(command, "bad_room", roomMustBe)
		return
	}
	carryOut(m, command, now)
}

// roomMustBe says what a command's room must be.
var roomMustBe = fmt.Sprintf("room must be a string of 1 to %d bytes without control characters, and neither . nor ..", access.MaxRoom)

// commands are those about a room, whose name is checked.
var commands = map[string]func(m *muxSession, c codec.Command, now int64){
	"join":    (*muxSession).join,
	"leave":   (*muxSession).leave,
	"publish": (*muxSession).publish,
	"members": (*muxSession).list,
}

// notJoined says why a command about a room is refused.
const notJoined = "join the room first"

// member returns the membership of a command's room. If there is none, it answers, and returns nil.
func (m *muxSession) member(c codec.Command) *rooms.Member {
	m.change.Lock()
	r := m.rooms.in(c.Room)
	m.change.Unlock()
	if r == nil {
		m.refuse(c, "not_joined", notJoined)
	}
	return r
}

// refuse answers a command that is not carried out. The connection stays.
func (m *muxSession) refuse(c codec.Command, code, message string) {
	m.answer(codec.Refusal{ID: c.ID, Code: code, Message: message}.Encode())
}

// answer sends the answer to a command.
func (m *muxSession) answer(text []byte) { _ = m.Send(frame.Text, text) }
