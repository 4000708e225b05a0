//go:build faults

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// position is behind message seq of a room's life.
type position struct {
	epoch string
	seq   uint64
}

func (p position) String() string { return fmt.Sprint(p.epoch, ":", p.seq) }

// word is anything the server says: a message, which has no type, a gap, or an answer.
type word struct {
	Type, ID, Room string
	Sender, Text   string
	Seq, From, To  uint64
	Epoch          string
	Members        int
	Recovered      bool
	Code, Message  string

	since *position // of joined: where it was told that it had been
}

// listener is a client of /ws in some rooms. It comes back by itself, to the next of its nodes where
// one is away, and says where it was. It keeps all that it hears and concludes nothing from it:
// that is verify's.
type listener struct {
	// Set at creation.
	name   string
	nodes  []*node // where it goes, the first one first
	rooms  []string
	every  time.Duration // how often it speaks; 0: it only listens
	ledger *ledger

	mu     sync.Mutex
	muted  bool                // it speaks no more
	in     map[string]bool     // rooms it is in, on this connection
	asked  map[string]position // rooms it has asked to join; the zero position: for the first time
	at     map[string]position // behind what it has heard or been told is lost
	heard  map[string][]word   // by room
	sent   map[string]*utterance
	begun  int      // connections
	ends   []string // why they ended
	errors []string // what it was answered and did not expect
	spoken int
}

func newListener(name string, l *ledger, every time.Duration, nodes []*node, rooms ...string) *listener {
	return &listener{name: name, nodes: nodes, rooms: rooms, every: every, ledger: l, at: map[string]position{}, heard: map[string][]word{}}
}

const (
	dialTimeout = 2 * time.Second
	backAfter   = 50 * time.Millisecond // how soon it tries again
	joinAgain   = 200 * time.Millisecond
)

// run connects, and connects again, until ctx ends.
func (e *listener) run(ctx context.Context) {
	for k := 0; ctx.Err() == nil; k++ {
		n := e.nodes[k%len(e.nodes)]
		if conn, err := e.dial(ctx, n); err == nil {
			e.converse(ctx, conn, n)
			_ = conn.CloseNow() // it has ended
		}
		select {
		case <-ctx.Done():
		case <-time.After(backAfter):
		}
	}
}

func (e *listener) dial(ctx context.Context, n *node) (*websocket.Conn, error) {
	return dial(ctx, n, "/ws?username="+e.name)
}

func dial(ctx context.Context, n *node, path string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	way := &http.Transport{DialContext: n.dial}
	conn, _, err := websocket.Dial(ctx, "ws://"+n.host+path, &websocket.DialOptions{HTTPClient: &http.Client{Transport: way}})
	if err == nil {
		conn.SetReadLimit(1 << 20)
	}
	return conn, err
}

// converse is one connection.
func (e *listener) converse(ctx context.Context, conn *websocket.Conn, n *node) {
	e.mu.Lock()
	e.in, e.asked, e.sent = map[string]bool{}, map[string]position{}, map[string]*utterance{}
	e.begun++
	e.mu.Unlock()
	talking, stop := context.WithCancel(ctx)
	var talk sync.WaitGroup
	talk.Go(func() { e.talk(talking, conn, n) })
	err := e.listen(ctx, conn)
	stop()
	talk.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.in, e.sent = nil, nil
	if ctx.Err() == nil {
		e.ends = append(e.ends, fmt.Sprintf("%s at %s: %v", e.name, n.name, err))
	}
}

func (e *listener) listen(ctx context.Context, conn *websocket.Conn) error {
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var w word
		if err := json.Unmarshal(data, &w); err != nil {
			return err
		}
		e.take(w)
	}
}

// isIn tells whether it is in all its rooms.
func (e *listener) isIn() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, room := range e.rooms {
		if !e.in[room] {
			return false
		}
	}
	return true
}

// waits tells how many of its messages were not answered.
func (e *listener) waits() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sent)
}

// reached tells whether it has heard, or was told it has missed, all up to p.
func (e *listener) reached(room string, p position) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.at[room]
	return at.epoch == p.epoch && at.seq >= p.seq
}

func (e *listener) mute() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.muted = true
}

// connections is how many it has had, and why they ended.
func (e *listener) connections() (begun int, ends []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.begun, append([]string(nil), e.ends...)
}
