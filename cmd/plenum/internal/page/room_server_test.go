package page_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/page"
)

const writeTimeout = 5 * time.Second

// A roomServer serves the page and the least of /ws/chat/{room} it needs.
type roomServer struct {
	address string // set at creation
	http    *http.Server

	mu      sync.Mutex
	members map[string]map[*websocket.Conn]string // room, connection, name
	seq     map[string]int64
}

type message struct {
	Sender    string `json:"sender"`
	Text      string `json:"text"`
	Room      string `json:"room"`
	Timestamp int64  `json:"timestamp"`
	Seq       int64  `json:"seq"`
}

func startRoomServer(t *testing.T) *roomServer {
	t.Helper()
	s := &roomServer{address: "127.0.0.1:0", members: map[string]map[*websocket.Conn]string{}, seq: map[string]int64{}}
	s.serve(t)
	t.Cleanup(func() { _ = s.http.Close() })
	return s
}

func (s *roomServer) url() string { return "http://" + s.address }

func (s *roomServer) serve(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", s.address)
	require.NoError(t, err)
	s.address = listener.Addr().String()
	mux := http.NewServeMux()
	page.Register(mux)
	mux.HandleFunc("GET /ws/chat/{room}", s.chat)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go s.http.Serve(listener) //nolint:errcheck // ends with ErrServerClosed
}

// restart closes everybody, is away for a moment and comes back.
func (s *roomServer) restart(t *testing.T) {
	t.Helper()
	require.NoError(t, s.http.Close())
	for _, conn := range s.everybody() {
		_ = conn.Close(websocket.StatusServiceRestart, "Restarting; retry in 200 ms")
	}
	s.serve(t)
}

func (s *roomServer) everybody() []*websocket.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*websocket.Conn
	for _, members := range s.members {
		for conn := range members {
			all = append(all, conn)
		}
	}
	return all
}

func (s *roomServer) chat(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // already closed in the good case
	room, name := r.PathValue("room"), r.URL.Query().Get("username")
	if name == "System" {
		_ = conn.Close(websocket.StatusPolicyViolation, "Name reserved")
		return
	}
	s.join(room, name, conn)
	defer s.leave(room, name, conn)
	for {
		kind, text, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if kind == websocket.MessageText {
			s.publish(room, name, string(text))
		}
	}
}

func (s *roomServer) join(room, name string, conn *websocket.Conn) {
	s.mu.Lock()
	if s.members[room] == nil {
		s.members[room] = map[*websocket.Conn]string{}
	}
	s.members[room][conn] = name
	s.mu.Unlock()
	s.publish(room, "System", name+" joined the room")
}

func (s *roomServer) leave(room, name string, conn *websocket.Conn) {
	s.mu.Lock()
	delete(s.members[room], conn)
	s.mu.Unlock()
	s.publish(room, "System", name+" left the room")
}

// publish writes while it holds the lock: one order for everybody, and a test
// has few members.
func (s *roomServer) publish(room, sender, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq[room]++
	encoded, err := json.Marshal(message{sender, text, room, time.Now().UnixMilli(), s.seq[room]})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	for conn := range s.members[room] {
		_ = conn.Write(ctx, websocket.MessageText, encoded) // a gone member leaves by its own Read
	}
}
