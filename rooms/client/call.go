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
	since Place       // of a join
	epoch string      // of a publish whose room was left before the answer
	done  chan answer // has place for one; nil: the client's own, nobody waits
}

type answer struct {
	place  Place // of a published message
	err    error
	lost   bool            // the connection was, before the answer
	joined <-chan struct{} // not sent: the room is being joined, and this is closed when that is over
}

// Join enters a room and stays in it over all connections, until Leave. What is said from
// then on is in Events, behind a Joined. The error may be a *Refusal: already_joined
// where it is in the room. Where it is ErrUnknown, it may be in the room, or be yet.
func (c *Client) Join(ctx context.Context, room string) error {
	return c.again(ctx, "join", call{command: command{Type: "join", Room: room}})
}

// Resume is Join at a place of an earlier life of the program: what the server keeps of what
// follows it is heard first, or there is a Gap.
func (c *Client) Resume(ctx context.Context, room string, since Place) error {
	if since.Epoch == "" {
		since.Seq = 0
	}
	return c.again(ctx, "join", call{command: command{Type: "join", Room: room, Since: since.String()}, since: since})
}

// Leave leaves a room. What was heard of it before may still be in Events.
func (c *Client) Leave(ctx context.Context, room string) error {
	return c.again(ctx, "leave", call{command: command{Type: "leave", Room: room}})
}

// Publish says text in a room it is in, once, and returns the message's place. If a join of the
// room is under way, Publish waits for the answer to that. If the error is ErrUnknown, the message
// may have been said; if it is a *Refusal or any other, it was not.
func (c *Client) Publish(ctx context.Context, room, text string) (Place, error) {
	a := c.onceJoined(ctx, call{command: command{Type: "publish", Room: room, Text: &text}})
	if a.err != nil {
		return Place{}, fmt.Errorf("publish in %q: %w", room, a.err)
	}
	return a.place, nil
}

// onceJoined asks when no join of the room is under way.
func (c *Client) onceJoined(ctx context.Context, k call) answer {
	for {
		a := c.ask(ctx, k)
		if a.joined == nil {
			return a
		}
		select {
		case <-a.joined:
		case <-ctx.Done():
			return answer{err: ctx.Err()}
		case <-c.ended:
			return answer{err: c.over()}
		}
	}
}

// again asks what may be asked twice, until it is answered.
func (c *Client) again(ctx context.Context, what string, k call) error {
	for {
		a := c.ask(ctx, k)
		switch {
		case a.lost:
		case a.err != nil:
			return fmt.Errorf("%s %q: %w", what, k.Room, a.err)
		default:
			return nil
		}
	}
}

// ask has the next connection's writer send k, and waits for the answer.
func (c *Client) ask(ctx context.Context, k call) answer {
	if err := k.check(); err != nil {
		return answer{err: err}
	}
	k.ID = c.lastID.Add(1)
	if size := len(k.encode()); size > c.cfg.MaxMessage {
		return answer{err: fmt.Errorf("%w: it is %d bytes, above %d", ErrInvalid, size, c.cfg.MaxMessage)}
	}
	k.done = make(chan answer, 1)
	if err := c.hand(ctx, &k); err != nil {
		return answer{err: err}
	}
	return c.await(ctx, &k)
}

// hand gives k to a connection's writer. Until it returns nil, nothing was sent.
func (c *Client) hand(ctx context.Context, k *call) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended:
		return c.over()
	}
	select {
	case c.calls <- k:
		return nil
	case <-ctx.Done():
		<-c.slots
		return ctx.Err()
	case <-c.ended:
		<-c.slots
		return c.over()
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

// over is the error of what is asked after the end.
func (c *Client) over() error {
	if c.cause == nil {
		return ErrEnded
	}
	return fmt.Errorf("%w: %w", ErrEnded, c.cause)
}
