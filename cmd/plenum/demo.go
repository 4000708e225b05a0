package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// lobbyRoom is the room behind /chat, in a hub of its own.
const lobbyRoom = "chat"

// lobbyMember is a connection to /chat: one common room of plain text, with
// names that the server gives.
type lobbyMember struct {
	*engine.Conn // set by OnOpen
	server       *server
	name         string
	member       rooms.Member
	greeted      atomic.Bool
	silent       bool // may only listen
}

func (s *server) lobbyChat(w http.ResponseWriter, r *http.Request) {
	s.forSignedIn(w, r, func(id auth.Identity) engine.Handler {
		if !id.MayJoin(lobbyRoom) {
			return s.refusing(access.NotAllowed)
		}
		return &lobbyMember{server: s, silent: !id.Publish}
	})
}

// forSignedIn upgrades who may come, whoever it is.
func (s *server) forSignedIn(w http.ResponseWriter, r *http.Request, handler func(id auth.Identity) engine.Handler) {
	id, why := s.guard.SignIn(w, r, "")
	if why != "" {
		s.refuse(w, r, why)
		return
	}
	_ = s.engine.Upgrade(w, r, s.until(id, handler(id)))
}

// Name is for rooms.Sink.
func (m *lobbyMember) Name() string { return m.name }

// View is for rooms.Viewer.
func (m *lobbyMember) View() rooms.View { return viewFor(m.Conn) }

// OnOpen joins, then greets, so that whatever is said from the greeting on is heard.
func (m *lobbyMember) OnOpen(c *engine.Conn) {
	m.Conn = c
	m.name = fmt.Sprintf("user%d", m.server.lobbyNames.Add(1)-1)
	users := m.server.lobbyUsers.Add(1)
	_ = m.server.lobby.Join(&m.member, lobbyRoom, m, time.Now().UnixMilli()) // there is one room
	_ = c.Send(frame.Text, fmt.Appendf(nil, "You are connected! There are %d users here.", users))
	m.greeted.Store(true)
	m.member.Drained()
}

// WriteFrames is for rooms.Sink. It takes nothing before the greeting, which is the
// first thing seen.
func (m *lobbyMember) WriteFrames(b []byte) (int, error) {
	if !m.greeted.Load() {
		return 0, nil
	}
	return m.Conn.WriteFrames(b)
}

// OnMessage sends a text to all, the sender too. An empty one is ignored.
func (m *lobbyMember) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if op != frame.Text || len(data) == 0 {
		return
	}
	if m.silent {
		m.server.closeFor(m.Conn, access.NotAllowed)
		return
	}
	m.member.Publish(fmt.Appendf(nil, "[%s]: %s", m.name, data), time.Now().UnixMilli(), m)
}

// Published is for rooms.Receipt.
func (m *lobbyMember) Published(_ rooms.Epoch, _ uint64, err error) {
	if err != nil {
		m.server.closeFor(m.Conn, access.RateLimit)
	}
}

// OnDrain is for engine.Drainer.
func (m *lobbyMember) OnDrain() { m.member.Drained() }

// OnClose leaves.
func (m *lobbyMember) OnClose(*engine.Conn, int) {
	m.server.lobbyUsers.Add(-1)
	m.member.Leave(time.Now().UnixMilli())
}

// answerer is a route that greets, answers each text by itself and ends with
// bye: /echo and /hello.
type answerer struct {
	greeting, prefix, suffix, goodbye string
}

var (
	echo  = answerer{"Connected. Say something.", "You said: ", "", "Goodbye"}
	hello = answerer{"Please enter your name", "Hi, ", "!", "Client said BYE"}
)

// OnOpen greets.
func (a *answerer) OnOpen(c *engine.Conn) { _ = c.Send(frame.Text, []byte(a.greeting)) }

// OnMessage answers a text; binary is ignored.
func (a *answerer) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	switch {
	case op != frame.Text:
	case strings.EqualFold(string(data), "bye"):
		_ = c.Close(frame.CloseNormal, a.goodbye)
	default:
		_ = c.Send(frame.Text, fmt.Appendf(nil, "%s%s%s", a.prefix, data, a.suffix))
	}
}

// OnClose has nothing to undo.
func (*answerer) OnClose(*engine.Conn, int) {}

// rawEcho returns each message unchanged: /echo/raw.
type rawEcho struct{}

// OnOpen says nothing.
func (rawEcho) OnOpen(*engine.Conn) {}

// OnMessage returns the message.
func (rawEcho) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }

// OnClose has nothing to undo.
func (rawEcho) OnClose(*engine.Conn, int) {}
