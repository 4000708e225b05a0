// Command coder is the peer with github.com/coder/websocket. It follows the library's chat
// example: a subscriber has a buffered channel of messages, and is closed when the channel is
// full.
package main

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

func main() { peer.Main("coder", run) }

func run(ctx context.Context, o peer.Options) error {
	s := &server{options: o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat/{room}", s.chat)
	mux.HandleFunc("GET /echo/raw", echo)
	return o.ServeHTTP(ctx, mux)
}

type server struct {
	options peer.Options
	rooms   room.Rooms[*subscriber]
}

// subscriber is a member. Messages wait in msgs for its writer.
type subscriber struct {
	conn *websocket.Conn
	msgs chan []byte
	slow chan struct{} // closed when msgs is full
	full bool          // slow is closed; owned by the goroutine that publishes
}

func accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return nil, err
	}
	c.SetReadLimit(peer.MaxMessage)
	return c, nil
}

func (s *server) chat(w http.ResponseWriter, r *http.Request) {
	conn, err := accept(w, r)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	id, user := room.Names(r)
	members := s.rooms.Get(id)
	sub := &subscriber{conn: conn, msgs: make(chan []byte, s.options.SendBuffer), slow: make(chan struct{})}
	members.Join(sub)
	defer members.Leave(sub)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go sub.write(ctx, s.options.PingPeriod)
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if kind == websocket.MessageText {
			members.Publish(user, string(data), time.Now(), broadcast)
		}
	}
}

func broadcast(envelope []byte, members []*subscriber) {
	for _, sub := range members {
		select {
		case sub.msgs <- envelope:
		default:
			sub.tooSlow()
		}
	}
}

func (s *subscriber) tooSlow() {
	if s.full {
		return
	}
	s.full = true
	peer.Slow.Add(1)
	close(s.slow)
}

// writeTimeout is the timeout of the library's example.
const writeTimeout = 5 * time.Second

func (s *subscriber) write(ctx context.Context, period time.Duration) {
	defer s.conn.CloseNow()
	var ping <-chan time.Time
	if period > 0 {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		ping = ticker.C
	}
	for {
		select {
		case msg := <-s.msgs:
			if s.send(ctx, msg) != nil {
				return
			}
		case <-s.slow:
			_ = s.conn.Close(websocket.StatusPolicyViolation, "connection too slow to keep up with messages")
			return
		case <-ping:
			go s.ping(ctx, period) // a goroutine, because Ping waits for the pong
		case <-ctx.Done():
			return
		}
	}
}

func (s *subscriber) send(ctx context.Context, msg []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, msg)
}

// ping closes the connection if the pong does not arrive within the period.
func (s *subscriber) ping(ctx context.Context, period time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, period)
	defer cancel()
	if s.conn.Ping(ctx) != nil {
		_ = s.conn.CloseNow()
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := accept(w, r)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, data, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, data) != nil {
			return
		}
	}
}
