package routes

import (
	"fmt"
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/auth"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// lobbyRoom is the room of /chat. It has a hub of its own.
const lobbyRoom = "chat"

// lobbySession is a connection to /chat, which has one room of plain text for all clients. The server chooses the
// names.
type lobbySession struct{ session }

func (rt *Routes) lobby(w http.ResponseWriter, r *http.Request) {
	rt.upgradeSignedIn(w, r, func(id auth.Identity) (*engine.Conn, engine.Handler) {
		if !id.MayJoin(lobbyRoom) {
			return nil, rt.refusing(access.NotAllowed)
		}
		m := &lobbySession{session{terms: &terms{rt, !id.Publish, false, lobbyRoom, nil, true}}}
		return &m.Conn, m
	})
}

// OnOpen joins the room, then sends a greeting. So the client receives every message published after the greeting.
func (m *lobbySession) OnOpen(c *engine.Conn) {
	m.name = fmt.Sprintf("user%d", m.routes.lobbyNames.Add(1)-1)
	users := m.routes.lobbyUsers.Add(1)
	m.open(c, m.routes.cfg.Lobby, m, func(rooms.Position) {
		_ = c.Send(frame.Text, fmt.Appendf(nil, "You are connected! There are %d users here.", users))
	})
}

// OnMessage publishes a text. The sender receives it too.
func (m *lobbySession) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if m.accepts(op, data) {
		m.member.Publish(fmt.Appendf(nil, "[%s]: %s", m.name, data), time.Now().UnixMilli(), m)
	}
}

// Published implements rooms.Receipt.
func (m *lobbySession) Published(_ rooms.Epoch, _ uint64, err error) {
	if err != nil {
		m.routes.closeRefused(&m.Conn, access.RateLimit)
	}
}

// OnClose leaves the room.
func (m *lobbySession) OnClose(c *engine.Conn, code int) {
	m.routes.lobbyUsers.Add(-1)
	m.session.OnClose(c, code)
}
