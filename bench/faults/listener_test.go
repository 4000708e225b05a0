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

// position is the position after message seq in an epoch of a room.
type position struct {
	epoch string
	seq   uint64
}

func (p position) String() string { return fmt.Sprint(p.epoch, ":", p.seq) }

// frame is a frame from the server: a message, which has no type, a gap, or an answer.
type frame struct {
	Type, ID, Room string
	Sender, Text   string
	Seq, From, To  uint64
	Epoch          string
	Members        int
	Recovered      bool
	Code, Message  string

	since *position // of a joined frame: the position that the join asked for
}

// listener is a client of /ws in some rooms. It reconnects to the next of its nodes when its
// connection ends, and resumes at its last position. It records all frames; verify checks them.
type listener struct {
	// Set at creation.
	name   string
	nodes  []*node // in the order in which it connects to them
	rooms  []string
	every  time.Duration // interval between its messages; 0: it only listens
	ledger *ledger

	mu        sync.Mutex
	silent    bool                // it publishes no more
	joined    map[string]bool     // rooms of this connection
	joining   map[string]position // pending joins: the position to resume at, or zero
	at        map[string]position // after the last message or gap, by room
	frames    map[string][]frame  // by room
	sent      map[string]*sentMessage
	connects  int      // number of connections
	ends      []string // why connections ended
	errors    []string // unexpected answers
	published int
}

func newListener(name string, l *ledger, every time.Duration, nodes []*node, rooms ...string) *listener {
	return &listener{name: name, nodes: nodes, rooms: rooms, every: every, ledger: l, at: map[string]position{}, frames: map[string][]frame{}}
}

const (
	dialTimeout = 2 * time.Second
	retryAfter  = 50 * time.Millisecond // pause before a reconnect
	joinRetry   = 200 * time.Millisecond
)

// run connects, and reconnects, until ctx ends.
func (e *listener) run(ctx context.Context) {
	for k := 0; ctx.Err() == nil; k++ {
		n := e.nodes[k%len(e.nodes)]
		if conn, err := e.dial(ctx, n); err == nil {
			e.runConnection(ctx, conn, n)
			_ = conn.CloseNow() // it has ended
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
}

func (e *listener) dial(ctx context.Context, n *node) (*websocket.Conn, error) {
	return dial(ctx, n, "/ws?username="+e.name)
}

func dial(ctx context.Context, n *node, path string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	transport := &http.Transport{DialContext: n.dial}
	conn, _, err := websocket.Dial(ctx, "ws://"+n.host+path, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err == nil {
		conn.SetReadLimit(1 << 20)
	}
	return conn, err
}

// runConnection sends and receives until the connection ends.
func (e *listener) runConnection(ctx context.Context, conn *websocket.Conn, n *node) {
	e.mu.Lock()
	e.joined, e.joining, e.sent = map[string]bool{}, map[string]position{}, map[string]*sentMessage{}
	e.connects++
	e.mu.Unlock()
	sendCtx, stop := context.WithCancel(ctx)
	var sending sync.WaitGroup
	sending.Go(func() { e.sendLoop(sendCtx, conn, n) })
	err := e.listen(ctx, conn)
	stop()
	sending.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.joined, e.sent = nil, nil
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
		var w frame
		if err := json.Unmarshal(data, &w); err != nil {
			return err
		}
		e.record(w)
	}
}

// joinedAll reports whether it is in all its rooms.
func (e *listener) joinedAll() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, room := range e.rooms {
		if !e.joined[room] {
			return false
		}
	}
	return true
}

// unanswered returns the number of its messages without an answer.
func (e *listener) unanswered() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sent)
}

// reached reports whether the room's messages, or gaps for them, have arrived up to p.
func (e *listener) reached(room string, p position) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.at[room]
	return at.epoch == p.epoch && at.seq >= p.seq
}

func (e *listener) stopPublishing() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.silent = true
}

// connections returns the number of its connections, and why they ended.
func (e *listener) connections() (connects int, ends []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.connects, append([]string(nil), e.ends...)
}
