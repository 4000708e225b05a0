package routes

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/names"
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

	// change is held by whoever adds, removes or looks for memberships, before mu.
	change  sync.Mutex
	pending pendingJoins    // guarded by change
	leaving <-chan struct{} // guarded by change: closed when the leaves under way are answered; nil: there are none

	mu    sync.Mutex
	rooms memberships // changed with change held, too
}

func (rt *Routes) mux(w http.ResponseWriter, r *http.Request) {
	a, why := rt.asked(w, r, "")
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	_ = rt.cfg.Engine.Upgrade(w, r, rt.until(a.Identity, &muxSession{routes: rt, id: a.Identity}))
}

// Name is for rooms.Sink.
func (m *muxSession) Name() string { return m.id.Name }

// View is for rooms.Viewer.
func (m *muxSession) View() rooms.View { return viewFor(m.Conn) }

// OnOpen waits for commands.
func (m *muxSession) OnOpen(c *engine.Conn) { m.Conn = c }

// OnDrain is for engine.Drainer. Which room found the socket full nobody knows.
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

// member is the membership of a command's room; where there is none the answer is given.
func (m *muxSession) member(c codec.Command) *rooms.Member {
	m.change.Lock()
	r := m.rooms.in(c.Room)
	m.change.Unlock()
	if r == nil {
		m.refuse(c, "not_joined", "join the room first")
	}
	return r
}

// refuse answers what cannot be done; the connection stays.
func (m *muxSession) refuse(c codec.Command, code, message string) {
	m.answer(codec.Refusal{ID: c.ID, Code: code, Message: message}.Encode())
}

// join is the command. What the room says follows the answer.
func (m *muxSession) join(c codec.Command, now int64) {
	var since *rooms.Since
	if c.Since != nil {
		var why access.Reason
		if since, why = access.CheckSince(*c.Since); why != "" {
			m.refuse(c, "bad_since", "since must be epoch:seq")
			return
		}
	}
	m.change.Lock()
	defer m.change.Unlock()
	switch {
	case !m.id.MayJoin(c.Room):
		m.refuse(c, "not_allowed", "the token does not allow to join this room")
		return
	case m.rooms.in(c.Room) != nil || m.pending.of(c.Room) != nil:
		m.refuse(c, "already_joined", "the connection is in this room")
		return
	case m.rooms.count+len(m.pending.all) >= m.routes.cfg.MaxRoomsPerConn:
		m.refuse(c, "too_many_rooms", "the connection is in as many rooms as it may be")
		return
	}
	if m.leaving == nil && m.routes.cfg.Rooms.IsOpen(c.Room, since) && !busAway(m.enter(c, since, now)) {
		return
	}
	m.enterLater(c, since)
}

// enter joins a room that is open, and answers, unless the bus is needed after all. change is
// held.
func (m *muxSession) enter(c codec.Command, since *rooms.Since, now int64) error {
	m.mu.Lock()
	r := m.rooms.add()
	m.mu.Unlock()
	p, err := m.routes.cfg.Rooms.Resume(r, c.Room, m, since, now)
	if err != nil {
		m.mu.Lock()
		m.rooms.giveBack()
		m.mu.Unlock()
		if !busAway(err) {
			m.refuse(c, "too_many_rooms", "there are as many rooms as there may be")
		}
		return err
	}
	m.answer(codec.Joined{ID: c.ID, Room: p.Room, Epoch: p.Epoch, Seq: p.Seq, Members: p.Members, Recovered: p.Recovered}.Encode())
	if p.Lost {
		m.answer(codec.EncodeGap(gapOf(p)))
	}
	m.mu.Lock()
	m.rooms.take()
	m.mu.Unlock()
	r.Drained()
	return nil
}

func (m *muxSession) answer(text []byte) { _ = m.Send(frame.Text, text) }

// leave is the command. If the room is not joined yet, that join is cancelled. Nothing of the room
// follows the answer, and no answer to a later command comes before it.
func (m *muxSession) leave(c codec.Command, now int64) {
	if m.cancel(c.Room) {
		m.answer(codec.Left{ID: c.ID, Room: c.Room}.Encode())
		return
	}
	r := m.member(c)
	if r == nil {
		return
	}
	m.change.Lock()
	m.mu.Lock()
	m.rooms.remove(r)
	m.mu.Unlock()
	m.change.Unlock()
	if ended := r.Leave(now); ended != nil {
		m.leaveWhen(ended, c)
		return
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

// publish is the command. The answer may come before or after the message.
func (m *muxSession) publish(c codec.Command, now int64) {
	r := m.member(c)
	if r == nil {
		return
	}
	switch {
	case c.Text == nil || *c.Text == "":
		m.refuse(c, "bad_command", codec.ErrNoText.Error())
		return
	case !m.id.Publish:
		m.refuse(c, "not_allowed", "the token does not allow to publish")
		return
	}
	body, err := codec.Encode(codec.Message{Sender: m.id.Name, Text: *c.Text, Room: c.Room, Timestamp: now})
	if err != nil {
		m.refuse(c, "internal", "the message cannot be encoded")
		return
	}
	r.Publish(body.Bytes(), now, &publishing{m, c.ID, c.Room})
	body.Free()
}

// publishing is the command publish until it is answered.
type publishing struct {
	member *muxSession
	id     json.RawMessage
	room   string
}

// Published is for rooms.Receipt.
func (a *publishing) Published(_ rooms.Epoch, seq uint64, err error) {
	if err != nil {
		a.member.refuse(codec.Command{ID: a.id}, cmp.Or(answer.BusCode(err), "busy"), err.Error())
		return
	}
	a.member.answer(codec.Published{ID: a.id, Room: a.room, Seq: seq}.Encode())
}

// membersPage is how many names an answer to members has at most.
const membersPage = 100

// list is the command members, one at a time. To look at a large room takes
// milliseconds, so it is not the poller'rt.
func (m *muxSession) list(c codec.Command, _ int64) {
	if m.member(c) == nil {
		return
	}
	if !m.listing.CompareAndSwap(false, true) {
		m.refuse(c, "busy", "another answer to members is under way")
		return
	}
	if !m.routes.jobs.add(func() {
		page, err := m.routes.cfg.Directory.Members(context.Background(), c.Room, names.Normal(c.Cursor), membersPage)
		m.listing.Store(false) // who has the answer may ask again
		if err != nil {
			m.refuse(c, answer.CodeBus, err.Error())
			return
		}
		m.answer(codec.Members{ID: c.ID, Room: c.Room, Members: page.Names, Cursor: page.Cursor(), Incomplete: page.Incomplete}.Encode())
	}) {
		m.listing.Store(false)
		m.refuse(c, "busy", "too many ask for members")
	}
}
