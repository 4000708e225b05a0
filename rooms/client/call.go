package client

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrUnknown is wrapped in the error of what was sent and not answered: it was done or
// was not.
var ErrUnknown = errors.New("client: sent, and not known whether it was done")

var errNoAnswer = errors.New("no answer came in time")

// call is a command, and who waits for its answer.
type call struct {
	command
	since Position    // of a join
	epoch string      // of a publish whose room was left before the answer
	done  chan answer // has place for one; nil: the client's own, nobody waits
}

type answer struct {
	position Position // of a published message
	err      error
	lost     bool            // the connection was, before the answer
	joined   <-chan struct{} // not sent: the room is being joined, and this is closed when that is over
}

// Join enters a room and stays in it over all connections, until Leave. What is said from
// then on is in Events, behind a Joined. The error may be a *Refusal: already_joined
// where it is in the room. Where it is ErrUnknown, it may be in the room, or be yet.
func (c *Client) Join(ctx context.Context, room string) error {
	return c.requestUntilAnswered(ctx, "join", call{command: command{Type: "join", Room: room}})
}

// Resume is Join behind a position that the program knows from an earlier run. The messages behind it
// that the server still has come first, or there is a Gap.
func (c *Client) Resume(ctx context.Context, room string, since Position) error {
	if since.Epoch == "" {
		since.Seq = 0
	}
	return c.requestUntilAnswered(ctx, "join", call{command: command{Type: "join", Room: room, Since: since.String()}, since: since})
}

// Leave leaves a room. What was heard of it before may still be in Events.
func (c *Client) Leave(ctx context.Context, room string) error {
	return c.requestUntilAnswered(ctx, "leave", call{command: command{Type: "leave", Room: room}})
}

// Publish publishes text once, in a room the client is in, and returns the message's position. If a join of the
// room is under way, Publish waits for the answer to that. If the error is ErrUnknown, the message
// may have been said; if it is a *Refusal or any other, it was not.
func (c *Client) Publish(ctx context.Context, room, text string) (Position, error) {
	a := c.requestOnceJoined(ctx, call{command: command{Type: "publish", Room: room, Text: &text}})
	if a.err != nil {
		return Position{}, fmt.Errorf("publish in %q: %w", room, a.err)
	}
	return a.position, nil
}

// requestOnceJoined is request, once no join of the room is under way.
func (c *Client) requestOnceJoined(ctx context.Context, k call) answer {
	for {
		a := c.request(ctx, k)
		if a.joined == nil {
			return a
		}
		select {
		case <-a.joined:
		case <-ctx.Done():
			return answer{err: ctx.Err()}
		case <-c.ended:
			return answer{err: c.endedError()}
		}
	}
}

// requestUntilAnswered sends a command that may be repeated on each connection until it is answered.
func (c *Client) requestUntilAnswered(ctx context.Context, what string, k call) error {
	for {
		a := c.request(ctx, k)
		switch {
		case a.lost:
		case a.err != nil:
			return fmt.Errorf("%s %q: %w", what, k.Room, a.err)
		default:
			return nil
		}
	}
}

// request has the next connection's writer send k, and waits for the answer.
func (c *Client) request(ctx context.Context, k call) answer {
	if err := k.check(); err != nil {
		return answer{err: err}
	}
	k.ID = c.lastID.Add(1)
	if size := len(k.encode()); size > c.cfg.MaxMessage {
		return answer{err: fmt.Errorf("%w: it is %d bytes, above %d", ErrInvalid, size, c.cfg.MaxMessage)}
	}
	k.done = make(chan answer, 1)
	if err := c.submit(ctx, &k); err != nil {
		return answer{err: err}
	}
	return c.await(ctx, &k)
}

// submit gives k to a connection's writer. Until it returns nil, nothing was sent.
func (c *Client) submit(ctx context.Context, k *call) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended:
		return c.endedError()
	}
	select {
	case c.calls <- k:
		return nil
	case <-ctx.Done():
		<-c.slots
		return ctx.Err()
	case <-c.ended:
		<-c.slots
		return c.endedError()
	}
}

// await is the answer. One that nobody waits for any more keeps its slot until it comes.
func (c *Client) await(ctx context.Context, k *call) answer {
	timer := time.NewTimer(c.cfg.Timeout)
	defer timer.Stop()
	select {
	case a := <-k.done:
		return a
	case <-ctx.Done():
		return answer{err: fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())}
	case <-timer.C:
		return answer{err: fmt.Errorf("%w: %w", ErrUnknown, errNoAnswer)}
	}
}

// finish answers k, where somebody waits for it.
func (c *Client) finish(k *call, a answer) {
	if k.done == nil {
		return
	}
	k.done <- a
	<-c.slots
}

// endedError is the error of a request after Run has returned.
func (c *Client) endedError() error {
	if c.cause == nil {
		return ErrEnded
	}
	return fmt.Errorf("%w: %w", ErrEnded, c.cause)
}
