package client

import (
	"context"
	"fmt"
	"sync"

	"github.com/coder/websocket"
)

// link is one connection. The goroutine of Run reads from it, and another goroutine writes to it.
type link struct {
	*Client
	conn       *websocket.Conn
	requests   chan *call    // the client's own commands, from the reader to the writer
	readEnded  chan struct{} // closed when the reader has ended
	writeEnded chan struct{} // closed when the writer has ended

	mu      sync.Mutex
	pending map[uint64]*call    // guarded by mu: sent and not answered, by id
	joining map[string]*joining // guarded by mu, by room
}

// serve reads and writes conn until it ends, and returns the reason.
func (c *Client) serve(ctx context.Context, conn *websocket.Conn) error {
	l := &link{Client: c, conn: conn, requests: make(chan *call), readEnded: make(chan struct{}), writeEnded: make(chan struct{}), pending: map[uint64]*call{}, joining: map[string]*joining{}}
	rejoins := c.rejoins()
	var writer sync.WaitGroup
	writer.Go(func() { l.write(ctx, rejoins) })
	why := c.emit(ctx, State{Connected: true})
	if why == nil {
		why = l.read(ctx)
	}
	close(l.readEnded)
	if ctx.Err() == nil { // otherwise the writer sends a close frame
		_ = conn.CloseNow() // it may be closed already
	}
	writer.Wait()
	_ = conn.CloseNow()
	l.fail(why)
	return why
}

// rejoins returns the joins of all rooms. A new connection begins with them.
func (c *Client) rejoins() []*call {
	var all []*call
	for name, r := range c.rooms {
		r.joined = false
		all = append(all, c.rejoin(name, r))
	}
	return all
}

// rejoin returns a join at the position of r.
func (c *Client) rejoin(name string, r *room) *call {
	r.rejoining = true
	return &call{command: command{Type: "join", ID: c.lastID.Add(1), Room: name, Since: r.position.String()}}
}

// read handles the frames of the server until the connection ends, and returns the reason.
func (l *link) read(ctx context.Context) error {
	for {
		kind, data, err := l.next()
		if err != nil {
			return err
		}
		if kind != websocket.MessageText {
			continue
		}
		if err := l.receive(ctx, data); err != nil {
			return err
		}
	}
}

// next reads a message of the WebSocket. The time of one read is bounded. The time between two reads is not bounded, because
// the program may be slow to read Events while the server is alive.
//
// next does not end with the context of Run. Otherwise the connection would be closed before the writer can send a close frame.
func (l *link) next() (websocket.MessageType, []byte, error) {
	silence := l.cfg.PingPeriod + l.cfg.PingTimeout
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	kind, data, err := l.conn.Read(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("received nothing from the server for %s", silence)
	}
	return kind, data, err
}
