package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"plenum/bench/peers/internal/manifest"
)

// client is a member of a room that records all received messages.
type client struct {
	peer manifest.Peer
	conn *websocket.Conn
	room string
	user string

	mu sync.Mutex
	// guarded by mu
	got   [][]byte
	ended error
	news  chan struct{} // closed and replaced at each receipt
}

// dial opens a connection that offers compression. It is an error if the peer accepts it.
func dial(ctx context.Context, url string) (*websocket.Conn, error) {
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: &http.Transport{}},
		CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		return nil, err
	}
	if x := resp.Header.Get("Sec-WebSocket-Extensions"); x != "" {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("the peer accepted the extension %s", x)
	}
	conn.SetReadLimit(1 << 20)
	return conn, nil
}

func join(ctx context.Context, p manifest.Peer, host, room, user string) (*client, error) {
	conn, err := dial(ctx, p.ChatURL(host, room, user))
	if err != nil {
		return nil, fmt.Errorf("%s joins %s: %w", user, room, err)
	}
	c := &client{peer: p, conn: conn, room: room, user: user, news: make(chan struct{})}
	for i, hello := range p.Greeting(room, user) {
		if i < len(p.Await) {
			if err := c.await(ctx, p.Await[i]); err != nil {
				return nil, err
			}
		}
		if err := conn.Write(ctx, websocket.MessageText, []byte(hello)); err != nil {
			return nil, err
		}
	}
	go c.read(ctx)
	return c, nil
}

// await reads the peer's next message, which must begin in this way.
func (c *client) await(ctx context.Context, begin string) error {
	_, data, err := c.conn.Read(ctx)
	if err == nil && !strings.HasPrefix(string(data), begin) {
		err = fmt.Errorf("got %q, want %s…", data, begin)
	}
	return err
}

func (c *client) read(ctx context.Context) {
	for {
		kind, data, err := c.conn.Read(ctx)
		if err == nil && kind != websocket.MessageText {
			err = fmt.Errorf("a %v frame", kind)
		}
		if c.peer.Ping != "" && string(data) == c.peer.Ping {
			_ = c.conn.Write(ctx, websocket.MessageText, []byte(c.peer.Pong)) // Read returns the error
			continue
		}
		c.receive(data, err)
		if err != nil {
			return
		}
	}
}

func (c *client) receive(data []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = err
	c.got = append(c.got, c.peer.Envelopes(c.room, data)...)
	close(c.news)
	c.news = make(chan struct{})
}

func (c *client) state() (got [][]byte, news <-chan struct{}, ended error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got, c.news, c.ended
}

func (c *client) publish(ctx context.Context, text string) error {
	return c.conn.Write(ctx, websocket.MessageText, []byte(c.peer.Publication(c.room, text)))
}

// wait waits until the received messages satisfy enough, and returns them.
func (c *client) wait(ctx context.Context, enough func(got [][]byte) bool) ([][]byte, error) {
	for {
		got, news, ended := c.state()
		if enough(got) {
			return got, nil
		}
		if ended != nil {
			return nil, fmt.Errorf("%s of %s, after %d messages: %w", c.user, c.room, len(got), ended)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s of %s: no further message after %d: %w", c.user, c.room, len(got), ctx.Err())
		case <-news:
		}
	}
}
