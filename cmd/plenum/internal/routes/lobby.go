package routes

import (
	"fmt"
	"net/http"
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

// lobbySession is a connection to /chat: one common room of plain text, with
// names that the server gives.
type lobbySession struct {
	*engine.Conn // set by OnOpen
	routes       *Routes
	name         string
	member       rooms.Member
	greeted      atomic.Bool
	silent       bool // may only listen
}

func (rt *Routes) lobby(w http.ResponseWriter, r *http.Request) {
	rt.forSignedIn(w, r, func(id auth.Identity) engine.Handler {
		if !id.MayJoin(lobbyRoom) {
			return rt.refusing(access.NotAllowed)
		}
		return &lobbySession{routes: rt, silent: !id.Publish}
	})
}

// forSignedIn upgrades who may come, whoever it is.
func (rt *Routes) forSignedIn(w http.ResponseWriter, r *http.Request, handler func(id auth.Identity) engine.Handler) {
	id, why := rt.cfg.Guard.SignIn(w, r, "")
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	_ = rt.cfg.Engine.Upgrade(w, r, rt.until(id, handler(id)))
}

// Name is for rooms.Sink.
func (m *lobbySession) Name() string { return m.name }

// View is for rooms.Viewer.
func (m *lobbySession) View() rooms.View { return viewFor(m.Conn) }

// OnOpen joins, then greets, so that whatever is said from the greeting on is heard.
func (m *lobbySession) OnOpen(c *engine.Conn) {
	m.Conn = c
	m.name = fmt.Sprintf("user%d", m.routes.lobbyNames.Add(1)-1)
	users := m.routes.lobbyUsers.Add(1)
	_ = m.routes.cfg.Lobby.Join(&m.member, lobbyRoom, m, time.Now().UnixMilli()) // there is one room
	_ = c.Send(frame.Text, fmt.Appendf(nil, "You are connected! There are %d users here.", users))
	m.greeted.Store(true)
	m.member.Drained()
}

// WriteFrames is for rooms.Sink. It takes nothing before the greeting, which is the
// first thing seen.
func (m *lobbySession) WriteFrames(b []byte) (int, error) {
	if !m.greeted.Load() {
		return 0, nil
	}
	return m.Conn.WriteFrames(b)
}

// OnMessage sends a text to all, the sender too. An empty one is ignored.
func (m *lobbySession) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if op != frame.Text || len(data) == 0 {
		return
	}
	if m.silent {
		m.routes.closeFor(m.Conn, access.NotAllowed)
		return
	}
	m.member.Publish(fmt.Appendf(nil, "[%s]: %s", m.name, data), time.Now().UnixMilli(), m)
}

// Published is for rooms.Receipt.
func (m *lobbySession) Published(_ rooms.Epoch, _ uint64, err error) {
	if err != nil {
		m.routes.closeFor(m.Conn, access.RateLimit)
	}
}

// OnDrain is for engine.Drainer.
func (m *lobbySession) OnDrain() { m.member.Drained() }

// OnClose leaves.
func (m *lobbySession) OnClose(*engine.Conn, int) {
	m.routes.lobbyUsers.Add(-1)
	m.member.Leave(time.Now().UnixMilli())
}
