package client

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrUnknown is wrapped by the errors of requests that were sent and not answered. The request may or may not have been
// carried out.
var ErrUnknown = errors.New("client: sent, but the result is unknown")

var errNoAnswer = errors.New("no answer within Config.Timeout")

// call is a command and the channel for its answer.
type call struct {
	command
	since Position    // of a join
	epoch string      // of a publish whose room is left before the answer
	done  chan answer // has a capacity of one; nil for the client's own commands, which have no waiting caller
}

// answer is the result of a call.
type answer struct {
	position Position // of a published message
	err      error
	lost     bool            // the connection was lost before the answer
	joined   <-chan struct{} // if not nil, the call was not sent, because its room is being joined; closed when that is over
}

// Join joins a room. The client stays in the room on all connections, until Leave. Events has a Joined, then the messages
// from the join on.
//
// The error may be a *Refusal. Its code is already_joined if the client is in the room. After ErrUnknown the client may be
// in the room, or may still join it.
func (c *Client) Join(ctx context.Context, room string) error {
	return c.requestUntilAnswered(ctx, call{command: command{Type: "join", Room: room}})
}

// Resume joins a room at a position, such as one that the program has stored in an earlier run. The messages after this
// position come first. If the server does not retain all of them, a Gap has the numbers of the missing ones.
func (c *Client) Resume(ctx context.Context, room string, since Position) error {
	if since.Epoch == "" {
		since.Seq = 0
	}
	return c.requestUntilAnswered(ctx, call{command: command{Type: "join", Room: room, Since: since.String()}, since: since})
}

// Leave leaves a room. Events may still have earlier messages of it.
func (c *Client) Leave(ctx context.Context, room string) error {
	return c.requestUntilAnswered(ctx, call{command: command{Type: "leave", Room: room}})
}

// Publish publishes text once, in a room that the client has joined, and returns the position of the message. While the room is
// being joined, Publish waits.
//
// After ErrUnknown, and after a *Refusal with the code unknown, the message may or may not have been published. After any
// other error it was not.
func (c *Client) Publish(ctx context.Context, room, text string) (Position, error) {
	return c.publish(ctx, command{Room: room, Text: &text})
}

// PublishContent is like Publish, with any content.
func (c *Client) PublishContent(ctx context.Context, room string, content Content) (Position, error) {
	message := command{Room: room, Event: content.Event, Data: content.Data}
	if content.Text != "" {
		message.Text = &content.Text
	}
	return c.publish(ctx, message)
}

func (c *Client) publish(ctx context.Context, message command) (Position, error) {
	message.Type = "publish"
	a := c.requestOnceJoined(ctx, call{command: message})
	if a.err != nil {
		return Position{}, fmt.Errorf("publish in %q: %w", message.Room, a.err)
	}
	return a.position, nil
}

// Refresh calls Config.Token, and gives the new token to the server, so that the connection does not end when the old token
// expires. If the new token allows fewer rooms, the client leaves the others, and Events has a Refused for each of them. If
// the error is a *Refusal, the server keeps the old token. Its code is bad_token, or not_allowed if the new token is of
// another user.
func (c *Client) Refresh(ctx context.Context) error {
	if c.cfg.Token == nil {
		return fmt.Errorf("%w: there is no Config.Token", ErrInvalid)
	}
	token, err := c.cfg.Token(ctx)
	if err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	if a := c.request(ctx, call{command: command{Type: "refresh", Token: token}}); a.err != nil {
		return fmt.Errorf("refresh: %w", a.err)
	}
	return nil
}

// requestOnceJoined calls request. If k has to wait for a join of its room, it waits and calls request again.
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

// requestUntilAnswered sends a command on each connection until it is answered. The command must be one that may be repeated.
func (c *Client) requestUntilAnswered(ctx context.Context, k call) error {
	for {
		a := c.request(ctx, k)
		switch {
		case a.lost:
		case a.err != nil:
			return fmt.Errorf("%s %q: %w", k.Type, k.Room, a.err)
		default:
			return nil
		}
	}
}

// request passes k to the writer of the connection, and waits for the answer. If there is no connection, it waits for one.
func (c *Client) request(ctx context.Context, k call) answer {
	if err := k.check(); err != nil {
		return answer{err: err}
	}
	k.ID = c.lastID.Add(1)
	if size := len(k.encode()); size > c.cfg.MaxMessage {
		return answer{err: fmt.Errorf("%w: %d bytes of JSON are more than Config.MaxMessage, %d", ErrInvalid, size, c.cfg.MaxMessage)}
	}
	k.done = make(chan answer, 1)
	if err := c.submit(ctx, &k); err != nil {
		return answer{err: err}
	}
	return c.await(ctx, &k)
}

// submit passes k to the writer of a connection. If it returns an error, k is not sent.
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

// await waits for the answer to k. If it gives up, k keeps its slot until the answer arrives.
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

// finish passes a to the caller that waits for k, if there is one, and frees the slot of k.
func (c *Client) finish(k *call, a answer) {
	if k.done == nil {
		return
	}
	k.done <- a
	<-c.slots
}

// endedError returns the error of requests after Run has returned.
func (c *Client) endedError() error {
	if c.cause == nil {
		return ErrEnded
	}
	return fmt.Errorf("%w: %w", ErrEnded, c.cause)
}
