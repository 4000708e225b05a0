// Command gws is the peer with github.com/lxzan/gws: its event handler, one reading goroutine per
// connection, and its Broadcaster, which frames a message once.
package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/lxzan/gws"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

func main() { peer.Main("gws", run) }

func run(ctx context.Context, o peer.Options) error {
	h := &handler{period: o.PingPeriod}
	go h.beat.Run(ctx, o.PingPeriod, func(c *gws.Conn) { c.WriteAsync(gws.OpcodePing, nil, nil) })
	upgrader := gws.NewUpgrader(h, &gws.ServerOption{
		CheckUtf8Enabled:   true,
		Recovery:           gws.Recovery,
		ReadMaxPayloadSize: peer.MaxMessage,
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat/{room}", func(w http.ResponseWriter, r *http.Request) {
		id, user := room.Names(r)
		h.upgrade(upgrader, w, r, &member{room: h.rooms.Get(id), user: user})
	})
	mux.HandleFunc("GET /echo/raw", func(w http.ResponseWriter, r *http.Request) {
		h.upgrade(upgrader, w, r, &member{})
	})
	return o.ServeHTTP(ctx, mux)
}

// member is the value in a connection's session under the key "member".
type member struct {
	room *room.Room[*gws.Conn] // nil: an echo connection
	user string
	slot int
}

type handler struct {
	period time.Duration
	rooms  room.Rooms[*gws.Conn]
	beat   peer.Beat[*gws.Conn]
}

func (h *handler) upgrade(u *gws.Upgrader, w http.ResponseWriter, r *http.Request, m *member) {
	socket, err := u.Upgrade(w, r)
	if err != nil {
		return
	}
	socket.Session().Store("member", m)
	go socket.ReadLoop()
}

func of(c *gws.Conn) *member {
	m, _ := c.Session().Load("member")
	return m.(*member)
}

func (h *handler) OnOpen(c *gws.Conn) {
	m := of(c)
	h.alive(c)
	m.slot = h.beat.Add(c)
	if m.room != nil {
		m.room.Join(c)
	}
}

func (h *handler) OnClose(c *gws.Conn, err error) {
	m := of(c)
	h.beat.Remove(c, m.slot)
	if m.room != nil {
		m.room.Leave(c)
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "write" && op.Timeout() {
		peer.Slow.Add(1)
	}
}

func (h *handler) OnMessage(c *gws.Conn, message *gws.Message) {
	defer message.Close()
	m := of(c)
	if m.room == nil {
		_ = c.WriteMessage(message.Opcode, message.Bytes())
		return
	}
	if message.Opcode == gws.OpcodeText {
		m.room.Publish(m.user, string(message.Bytes()), time.Now(), broadcast)
	}
}

func broadcast(envelope []byte, members []*gws.Conn) {
	b := gws.NewBroadcaster(gws.OpcodeText, envelope)
	defer b.Close()
	for _, c := range members {
		_ = b.Broadcast(c)
	}
}

func (h *handler) OnPing(c *gws.Conn, payload []byte) {
	h.alive(c)
	_ = c.WritePong(payload)
}

func (h *handler) OnPong(c *gws.Conn, _ []byte) { h.alive(c) }

// alive extends the deadline of reading and writing. A client that does not read does not answer
// pings either, so it is closed and its queue is dropped.
func (h *handler) alive(c *gws.Conn) {
	if h.period > 0 {
		_ = c.SetDeadline(time.Now().Add(2 * h.period))
	}
}
