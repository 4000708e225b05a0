package client

import (
	"context"
	"fmt"
	"sync"

	"github.com/coder/websocket"
)

// link is one connection: Run's goroutine reads it, another one writes it.
type link struct {
	*Client
	conn       *websocket.Conn
	requests   chan *call    // the client's own requests, from the reader to the writer
	readEnded  chan struct{} // closed when nothing is read any more
	writeEnded chan struct{} // closed when nothing is written any more

	mu      sync.Mutex
	pending map[uint64]*call    // sent, not yet answered
	joining map[string]*joining // by room
}

// serve runs conn until it ends, and returns why.
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
	if ctx.Err() == nil { // else the writer says goodbye
		_ = conn.CloseNow() // it may be closed already
	}
	writer.Wait()
	_ = conn.CloseNow()
	l.fail(why)
	return why
}

// rejoins are the joins that a new connection begins with.
func (c *Client) rejoins() []*call {
	var all []*call
	for name, r := range c.rooms {
		r.joined = false
		all = append(all, c.rejoin(name, r))
	}
	return all
}

// rejoin is a join at the position of r.
func (c *Client) rejoin(name string, r *room) *call {
	r.rejoining = true
	return &call{command: command{Type: "join", ID: c.lastID.Add(1), Room: name, Since: r.position.String()}}
}

// read takes in what the server says until the connection ends, and returns why it did.
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

// next reads a message. Its time is bounded, that between two reads is the program's: a
// server is not dead for what nobody reads. It does not end with the program's context,
// which would cost the goodbye.
func (l *link) next() (websocket.MessageType, []byte, error) {
	silence := l.cfg.PingPeriod + l.cfg.PingTimeout
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	kind, data, err := l.conn.Read(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("the server was silent for %s", silence)
	}
	return kind, data, err
}
