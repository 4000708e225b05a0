package routes

import (
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/codec"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// chatSession is a connection in one room: /ws/chat/{room}. The client sends plain texts, and receives
// messages in JSON.
type chatSession struct{ session }

func (rt *Routes) chat(w http.ResponseWriter, r *http.Request) {
	q, why := rt.parseJoin(w, r, r.PathValue("room"), "")
	if why != "" {
		rt.refuse(w, r, why)
		return
	}
	if engine.IsUpgrade(r) { // otherwise Upgrade responds with 426
		done, err := rt.cfg.Rooms.Open(r.Context(), q.room, q.since)
		if err != nil {
			_ = rt.cfg.Engine.Upgrade(w, r, nil, closer(closeBusAway))
			return
		}
		defer done()
	}
	m, handler := rt.newChat(q)
	m.sendsPosition = q.query.Has("since")
	rt.upgrade(w, r, q.Identity, &m.Conn, handler)
}

// OnOpen joins the room. If the request has a since, the client first receives its position in the room, and then the
// messages that it has missed. An empty since counts too.
func (m *chatSession) OnOpen(c *engine.Conn) { m.enter(c, m) }

// enter joins the room with sink, which is m or embeds it.
func (m *chatSession) enter(c *engine.Conn, sink rooms.Sink) {
	m.open(c, m.routes.cfg.Rooms, sink, func(p rooms.Position) {
		sendJoined(c, codec.Resumed{Room: p.Room, Epoch: p.Epoch, Seq: p.Seq, Recovered: p.Recovered}.Encode(), p)
	})
}

// OnMessage publishes a text to the room. The sender receives it too.
func (m *chatSession) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) {
	if !m.accepts(op, data) {
		return
	}
	now := time.Now().UnixMilli()
	message := codec.Message{Sender: m.name, Text: string(data), Room: m.member.Room(), Timestamp: now}
	if err := publish(&m.member, message, now, m); err != nil {
		m.routes.cfg.Logger.Error("message cannot be encoded, not published: report this bug", "error", err)
	}
}

// Published implements rooms.Receipt. If the message was not published and there is a bus, the client receives an error and
// stays connected. Without a bus, the only error is a full backlog of the room, and the connection is closed.
func (m *chatSession) Published(_ rooms.Epoch, _ uint64, err error) {
	switch {
	case err == nil:
	case m.routes.cfg.Cluster || answer.BusCode(err) != "":
		_ = m.Send(frame.Text, encodeRefusal(nil, err))
	default:
		m.routes.closeRefused(&m.Conn, access.RateLimit)
	}
}
