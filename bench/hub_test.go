package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// hub is a test server of one room a path. Whatever a member sends goes to all as
// it is, but for what deliver and before make of it.
type hub struct {
	url string

	mu    sync.Mutex
	rooms map[string][]*websocket.Conn
	// before holds a message up, deliver says what one member gets for it. Both run
	// one message at a time; number is 0 for a probe.
	before  func(number int)
	deliver func(number, member int, payload []byte) [][]byte
}

func newHub(t testing.TB) *hub {
	h := &hub{
		rooms:   map[string][]*websocket.Conn{},
		before:  func(int) {},
		deliver: func(_, _ int, payload []byte) [][]byte { return [][]byte{payload} },
	}
	server := httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(server.Close)
	h.url = strings.Replace(server.URL, "http", "ws", 1) + "/{room}"
	return h
}

// holds and delivers set before and deliver.
func (h *hub) holds(f func(number int)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.before = f
}

func (h *hub) delivers(f func(number, member int, payload []byte) [][]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver = f
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	h.mu.Lock()
	h.rooms[r.URL.Path] = append(h.rooms[r.URL.Path], conn)
	h.mu.Unlock()
	for {
		_, payload, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		h.publish(r.Context(), r.URL.Path, payload)
	}
}

func (h *hub) publish(ctx context.Context, room string, payload []byte) {
	number, _ := numberOf(payload)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.before(number)
	for member, conn := range h.rooms[room] {
		for _, p := range h.deliver(number, member, payload) {
			_ = conn.Write(ctx, websocket.MessageText, p) // who has gone gets nothing
		}
	}
}

// traffic is for a short run against h.
func (h *hub) traffic(duration time.Duration) Traffic {
	return Traffic{
		Options: Options{URL: h.url, Name: "hub", Duration: Duration(duration), Loops: 2, Dialers: 8},
		Payload: 64, Drain: Duration(2 * time.Second), RoomSeq: true,
	}
}
