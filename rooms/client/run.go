package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// Run connects, and reconnects, until ctx ends. Then it closes the connection with 1000 and returns nil. It waits at most
// 10 s for this close.
//
// If the server refuses the client for good, Run returns an error. It is a websocket.CloseError with code 1008 and the
// server's reason, or an error with the status of the handshake. Call Run only once.
func (c *Client) Run(ctx context.Context) error {
	if c.started.Swap(true) {
		return errors.New("client: Run must not be called twice")
	}
	c.cause = c.run(ctx)
	close(c.ended)
	close(c.events)
	return c.cause
}

func (c *Client) run(ctx context.Context) error {
	for {
		lasted, why := c.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		now := time.Now()
		next := advise(why, now)
		if next.final {
			return fmt.Errorf("client: %w", why)
		}
		if next.planned || lasted >= stableFor {
			c.backoff.reset()
		}
		wait := next.atLeast + c.backoff.next(c.random)
		_ = c.emit(ctx, State{Until: now.Add(wait), Err: why}) // ctx may have ended
		c.wait(ctx, wait)
	}
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// emit adds e to Events. It waits while Events is full, and returns the error of ctx if that ends.
func (c *Client) emit(ctx context.Context, e Event) error {
	select {
	case c.events <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// session serves one connection. It returns how long the connection lasted, and why it ended or failed.
func (c *Client) session(ctx context.Context) (lasted time.Duration, why error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	conn.SetReadLimit(8 * int64(c.cfg.MaxMessage)) // JSON may need six bytes for one byte of text
	why = c.serve(ctx, conn)
	return time.Since(begun), why
}

// dial opens a connection. Its errors do not contain the token.
func (c *Client) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	header := http.Header{}
	if c.cfg.Token != nil {
		token, err := c.cfg.Token(ctx)
		if err != nil {
			return nil, fmt.Errorf("get the token: %w", err)
		}
		header.Set("Authorization", "Bearer "+token)
	}
	conn, answer, err := websocket.Dial(ctx, c.url, &websocket.DialOptions{HTTPClient: c.cfg.HTTP, HTTPHeader: header})
	if err != nil && answer != nil && answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, statusError{answer.StatusCode, answer.Header.Get("Retry-After")}
	}
	return conn, err
}
