// Command gorilla is the peer with github.com/gorilla/websocket. It follows the library's chat
// example: a hub with a goroutine, and a reading and a writing goroutine per connection. It sends
// prepared messages, which are framed once.
package main

import (
	"context"
	"flag"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

var joinWrites = flag.Bool("join-writes", false, "send all messages that are queued for a client in one write")

func main() { peer.Main("gorilla", run) }

func run(ctx context.Context, o peer.Options) error {
	s := &server{
		options:  o,
		hubs:     make(map[string]*hub),
		upgrader: websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat/{room}", s.chat)
	mux.HandleFunc("GET /echo/raw", s.echo)
	return o.ServeHTTP(ctx, mux)
}

type server struct {
	options  peer.Options
	upgrader websocket.Upgrader

	mu   sync.Mutex
	hubs map[string]*hub // guarded by mu
}

// hub returns the room's hub, and starts it at its first use.
func (s *server) hub(name string) *hub {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.hubs[name]; ok {
		return h
	}
	h := newHub(name)
	s.hubs[name] = h
	go h.run()
	return h
}

func (s *server) chat(w http.ResponseWriter, r *http.Request) {
	if *joinWrites {
		w = hijacker{w}
	}
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	joined, _ := conn.NetConn().(*joinedConn)
	id, user := room.Names(r)
	c := &client{
		hub:    s.hub(id),
		conn:   conn,
		joined: joined,
		user:   user,
		period: s.options.PingPeriod,
		send:   make(chan *websocket.PreparedMessage, s.options.SendBuffer),
	}
	c.hub.register <- c
	go c.writePump()
	go c.readPump()
}

func (s *server) echo(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	go func() {
		defer conn.Close()
		conn.SetReadLimit(peer.MaxMessage)
		for {
			kind, data, err := conn.ReadMessage()
			if err != nil || conn.WriteMessage(kind, data) != nil {
				return
			}
		}
	}()
}

// writeWait bounds the time of a write, as in the library's example.
const writeWait = 10 * time.Second
