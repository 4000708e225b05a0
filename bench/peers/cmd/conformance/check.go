package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"

	"plenum/bench/peers/internal/manifest"
	"plenum/bench/peers/internal/room"
)

// check runs all checks: three members in two rooms, a large room, connections in many rooms, and
// the echo. The remark is about a deviation that no scenario depends on.
func check(ctx context.Context, p manifest.Peer, host string) (remark string, err error) {
	if err := checkRooms(ctx, p, host, "a", "b"); err != nil {
		return "", fmt.Errorf("rooms: %w", err)
	}
	if p.Topics != nil {
		if err := checkTopics(ctx, p.ByTopics(), host); err != nil {
			return "", fmt.Errorf("topics: %w", err)
		}
	}
	if err := checkLargeRoom(ctx, p, host); err != nil {
		return "", fmt.Errorf("large room: %w", err)
	}
	if p.Echo == "" {
		return "has no echo", nil
	}
	if err := checkEcho(ctx, p.EchoURL(host), 1, 125, 126, 1000, 20_000, 60_000); err != nil {
		return "", fmt.Errorf("echo: %w", err)
	}
	brief, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if checkEcho(brief, p.EchoURL(host), 0) != nil {
		remark = "drops empty messages"
	}
	return remark, nil
}

// checkRooms checks that messages of two members of a room reach both of them and no other
// member, in one order, numbered from 1.
func checkRooms(ctx context.Context, p manifest.Peer, host, room, other string) error {
	alex, err := join(ctx, p, host, room, "Alex")
	if err != nil {
		return err
	}
	defer alex.conn.CloseNow()
	blake, err := join(ctx, p, host, room, "Blake")
	if err != nil {
		return err
	}
	defer blake.conn.CloseNow()
	casey, err := join(ctx, p, host, other, "Casey")
	if err != nil {
		return err
	}
	defer casey.conn.CloseNow()
	if err := exchange(ctx, []*client{alex, blake}, 200); err != nil {
		return err
	}
	return checkAlone(ctx, casey)
}

// checkAlone checks that the first message that a member of another room receives is its own.
func checkAlone(ctx context.Context, c *client) error {
	if err := c.publish(ctx, "alone"); err != nil {
		return err
	}
	got, err := c.wait(ctx, func(got [][]byte) bool { return len(got) > 0 })
	if err != nil {
		return err
	}
	m, err := decode(got[0])
	if err != nil {
		return err
	}
	if len(got) != 1 || m.Seq != 1 || m.Sender != c.user || m.Room != c.room || m.Text != "alone" {
		return fmt.Errorf("%s of %s got %q", c.user, c.room, got)
	}
	return nil
}

// checkTopics checks rooms that are joined by commands, and then a connection in two rooms.
func checkTopics(ctx context.Context, p manifest.Peer, host string) error {
	if err := checkRooms(ctx, p, host, "topic-a", "topic-b"); err != nil {
		return err
	}
	both, err := join(ctx, p, host, "topic-c", "Dana")
	if err != nil {
		return err
	}
	defer both.conn.CloseNow()
	for _, command := range append(p.Greeting("topic-d", "Dana"), p.Publication("topic-c", "one"), p.Publication("topic-d", "two")) {
		if err := both.conn.Write(ctx, websocket.MessageText, []byte(command)); err != nil {
			return err
		}
	}
	got, err := both.wait(ctx, func(got [][]byte) bool { return len(got) == 2 })
	if err != nil {
		return err
	}
	for i, want := range []room.Message{{Room: "topic-c", Text: "one"}, {Room: "topic-d", Text: "two"}} {
		m, err := decode(got[i])
		if err != nil {
			return err
		}
		if m.Room != want.Room || m.Text != want.Text || m.Sender != "Dana" || m.Seq != 1 {
			return fmt.Errorf("message %d of %q is %q", i+1, want.Room, got[i])
		}
	}
	return nil
}

// checkLargeRoom checks that each of 100 members receives 500 messages.
func checkLargeRoom(ctx context.Context, p manifest.Peer, host string) error {
	const members, messages = 100, 500
	crowd := make([]*client, members)
	errs := make([]error, members)
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() { crowd[i], errs[i] = join(ctx, p, host, "crowd", fmt.Sprintf("member-%d", i)) })
	}
	wg.Wait()
	for _, c := range crowd {
		if c != nil {
			defer c.conn.CloseNow()
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return exchange(ctx, crowd, messages)
}

// checkEcho checks that each message is returned with the same type and bytes.
func checkEcho(ctx context.Context, url string, sizes ...int) error {
	conn, err := dial(ctx, url)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	for _, size := range sizes {
		for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
			sent := bytes.Repeat([]byte{'e'}, size)
			if err := conn.Write(ctx, kind, sent); err != nil {
				return err
			}
			back, got, err := conn.Read(ctx)
			if err != nil {
				return err
			}
			if back != kind || !bytes.Equal(got, sent) {
				return fmt.Errorf("sent a %v of %d bytes, got a %v of %d bytes", kind, size, back, len(got))
			}
		}
	}
	return nil
}
