// Command nbio is the peer with github.com/lesismal/nbio. As in the library's examples, it uses
// the nbhttp engine and the websocket upgrader, and pollers serve the connections.
package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

// maxWriteBuffer bounds the unsent bytes of a slow client. The value is that of the library's
// README.
const maxWriteBuffer = 6 << 20

func main() { peer.Main("nbio", run) }

func run(ctx context.Context, o peer.Options) error {
	logging.SetLevel(logging.LevelError)
	logging.Output = os.Stderr // stdout is for the ready line
	var rooms room.Rooms[*websocket.Conn]
	chat, echo := upgrader(o.PingPeriod), upgrader(o.PingPeriod)
	chat.OnMessage(publish)
	chat.OnClose(leave)
	echo.OnMessage(func(c *websocket.Conn, kind websocket.MessageType, data []byte) { _ = c.WriteMessage(kind, data) })

	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat/{room}", func(w http.ResponseWriter, r *http.Request) {
		id, user := room.Names(r)
		join(chat, w, r, &member{room: rooms.Get(id), user: user}, o.PingPeriod)
	})
	mux.HandleFunc("GET /echo/raw", func(w http.ResponseWriter, r *http.Request) { _, _ = echo.Upgrade(w, r, nil) })

	var addr net.Addr
	engine := nbhttp.NewEngine(nbhttp.Config{
		Network: "tcp",
		Addrs:   []string{o.Listen},
		Listen: func(network, address string) (net.Listener, error) {
			ln, err := net.Listen(network, address)
			if err == nil {
				addr = ln.Addr()
			}
			return ln, err
		},
		Handler:                 mux,
		MaxLoad:                 1_000_000,
		ReleaseWebsocketPayload: true,
		MaxWriteBufferSize:      maxWriteBuffer,
	})
	if err := engine.Start(); err != nil {
		return err
	}
	o.Ready(addr)
	<-ctx.Done()
	return nil
}

// member is a connection's session. The engine runs the handler of the upgrade and the callbacks
// of a connection one after the other, so callbacks always find it.
type member struct {
	room *room.Room[*websocket.Conn]
	user string
}

func join(u *websocket.Upgrader, w http.ResponseWriter, r *http.Request, m *member, period time.Duration) {
	c, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c.SetSession(m)
	m.room.Join(c)
	if period > 0 {
		c.Keepalive(period)
	}
}

func publish(c *websocket.Conn, kind websocket.MessageType, data []byte) {
	if m, ok := c.Session().(*member); ok && kind == websocket.TextMessage {
		m.room.Publish(m.user, string(data), time.Now(), broadcast)
	}
}

func leave(c *websocket.Conn, err error) {
	if m, ok := c.Session().(*member); ok {
		m.room.Leave(c)
	}
	if errors.Is(err, nbio.ErrOverflow) {
		peer.Slow.Add(1)
	}
}

func upgrader(period time.Duration) *websocket.Upgrader {
	u := websocket.NewUpgrader()
	u.MessageLengthLimit = peer.MaxMessage
	if period <= 0 {
		u.KeepaliveTime = 0 // without pings, a silent client may be alive
	}
	return u
}

func broadcast(envelope []byte, members []*websocket.Conn) {
	for _, c := range members {
		_ = c.WriteMessage(websocket.TextMessage, envelope)
	}
}
