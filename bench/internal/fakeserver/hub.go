package fakeserver

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"plenum/bench/message"
	"plenum/codec/pusher"
)

// Hub is a test server with one room per path, and with commands for connections in several rooms
// (CommandsURL). It speaks the Pusher Channels protocol at the path /app/KEY, and those of Centrifugo
// and Socket.IO at the paths of these servers. It sends each message of a member unchanged to all members of the room, unless BeforeEach or
// OnDeliver changes that.
type Hub struct {
	URL string // {room} stands for the room
	CA  string // PEM file of its certificate; empty: no TLS

	sockets atomic.Int64 // connections that speak the Pusher Channels protocol

	// entering is held for reading from before a client learns that its connection is open until the hub knows the connection.
	entering sync.RWMutex

	mu    sync.Mutex
	rooms map[string][]*websocket.Conn
	names map[string]*websocket.Conn // the last connection with a user name in its URL, ?user=NAME
	users map[string][]pusher.User   // of presence channels
	seqs  map[string]int             // messages of each room
	// skipsSender leaves out the connection that has sent a message, see SkipSenders.
	skipsSender bool
	// before runs before each message is delivered. deliver returns the messages that one
	// member receives for it. Both run for one message at a time, with mu held; number is 0 for
	// a probe.
	before  func(number int)
	deliver func(number, member int, payload []byte) [][]byte
	list    func(all []pusher.User) []pusher.User // see OnList; runs with mu held
}

// NewHub starts a hub without TLS.
func NewHub(t testing.TB) *Hub { return plain.Hub(t) }

// ListenAt lets the hub listen at another address too, a host, and changes URL to it.
func (h *Hub) ListenAt(t testing.TB, host string) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(h.serve))
	server.Listener.Close()
	l, err := net.Listen("tcp", host+":0")
	require.NoError(t, err)
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	h.URL = strings.Replace(server.URL, "http", "ws", 1) + "/{room}"
}

// Hub starts a hub that is reached by w.
func (w Wire) Hub(t testing.TB) *Hub {
	h := &Hub{
		rooms:   map[string][]*websocket.Conn{},
		names:   map[string]*websocket.Conn{},
		users:   map[string][]pusher.User{},
		seqs:    map[string]int{},
		list:    func(all []pusher.User) []pusher.User { return all },
		before:  func(int) {},
		deliver: func(_, _ int, payload []byte) [][]byte { return [][]byte{payload} },
	}
	h.URL = w.start(t, http.HandlerFunc(h.serve)) + "{room}"
	if w != plain {
		h.CA = filepath.Join(t.TempDir(), "ca.pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: Identity().Certificate[0]})
		require.NoError(t, os.WriteFile(h.CA, text, 0o600))
	}
	return h
}

// BareURL returns the hub's URL without a path, to which a client's protocol adds its own.
func (h *Hub) BareURL() string { return strings.Replace(h.URL, "/{room}", "", 1) }

// BeforeEach sets a function that runs before each message is delivered, one message at a time.
// number is 0 for a probe.
func (h *Hub) BeforeEach(f func(number int)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.before = f
}

// OnDeliver sets the function that returns the messages that one member receives for a message.
// It runs for one message at a time; number is 0 for a probe.
func (h *Hub) OnDeliver(f func(number, member int, payload []byte) [][]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver = f
}

func (h *Hub) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := h.accept(w, r)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	switch r.URL.Path {
	case commandsPath:
		h.serveCommands(r, conn)
		return
	case channelsPath:
		h.serveChannels(r, conn, h.sockets.Add(1))
		return
	case centrifugoPath:
		h.serveCentrifugo(r, conn)
		return
	case socketIOPath:
		h.serveSocketIO(r, conn)
		return
	}
	for {
		_, payload, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		h.publish(r.Context(), r.URL.Path, payload, conn)
	}
}

// accept opens a connection. Its path is the room that it joins, unless the path stands for a protocol.
func (h *Hub) accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	h.entering.RLock()
	defer h.entering.RUnlock()
	conn, err := websocket.Accept(w, r, &compressing)
	if err != nil {
		return nil, err
	}
	switch r.URL.Path {
	case commandsPath, channelsPath, centrifugoPath, socketIOPath:
		return conn, nil
	}
	h.join(r.URL.Path, conn)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names[r.URL.Query().Get("user")] = conn
	return conn, nil
}

// waitForEntering returns when the hub knows every connection that a client takes for open.
func (h *Hub) waitForEntering() {
	h.entering.Lock()
	defer h.entering.Unlock()
}

// SkipSenders lets the hub send no copy of a message to the connection that has sent it.
func (h *Hub) SkipSenders() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.skipsSender = true
}

func (h *Hub) join(room string, conn *websocket.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rooms[room] = append(h.rooms[room], conn)
}

// publish sends a message of the connection from to the members of a room.
func (h *Hub) publish(ctx context.Context, room string, payload []byte, from *websocket.Conn) {
	h.publishAs(ctx, room, payload, from, func(_ int, payload []byte, _ bool) []byte { return payload })
}

// publishAs is like publish, with an envelope around what each member receives: envelope returns it
// for the message with that number in the room, and own says that the member is the sender.
func (h *Hub) publishAs(ctx context.Context, room string, payload []byte, from *websocket.Conn, envelope func(seq int, payload []byte, own bool) []byte) {
	number, _ := message.Number(payload)
	h.waitForEntering()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seqs[room]++
	h.before(number)
	for member, conn := range h.rooms[room] {
		if h.skipsSender && conn == from {
			continue
		}
		for _, p := range h.deliver(number, member, payload) {
			_ = conn.Write(ctx, websocket.MessageText, envelope(h.seqs[room], p, conn == from)) // a closed member receives nothing
		}
	}
}
