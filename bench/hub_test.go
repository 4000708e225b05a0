package bench

import (
	"context"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// hub is a test server of one room a path. Whatever a member sends goes to all as
// it is, but for what deliver and before make of it.
type hub struct {
	url string
	ca  string // file of its certificate; empty: plain

	mu    sync.Mutex
	rooms map[string][]*websocket.Conn
	// before holds a message up, deliver says what one member gets for it. Both run
	// one message at a time; number is 0 for a probe.
	before  func(number int)
	deliver func(number, member int, payload []byte) [][]byte
}

func newHub(t testing.TB) *hub { return plain.hub(t) }

func (w wire) hub(t testing.TB) *hub {
	h := &hub{
		rooms:   map[string][]*websocket.Conn{},
		before:  func(int) {},
		deliver: func(_, _ int, payload []byte) [][]byte { return [][]byte{payload} },
	}
	h.url = w.start(t, http.HandlerFunc(h.serve)) + "{room}"
	if w != plain {
		h.ca = filepath.Join(t.TempDir(), "ca.pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: identity().Certificate[0]})
		require.NoError(t, os.WriteFile(h.ca, text, 0o600))
	}
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
	conn, err := websocket.Accept(w, r, &compressing)
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
