package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"plenum/bench/peers/internal/room"
)

// window bounds the number of outstanding messages. It is small enough that no conforming peer
// closes a client as slow.
const window = 8

// exchange has the first two members send n messages, and checks the messages that all receive.
func exchange(ctx context.Context, members []*client, n int) error {
	settled, err := settle(ctx, members)
	if err != nil {
		return err
	}
	for i := range n {
		if err := members[i%2].publish(ctx, text(i)); err != nil {
			return err
		}
		for _, c := range members {
			if _, err := c.wait(ctx, reaches(settled+uint64(max(0, i-window)))); err != nil {
				return err
			}
		}
	}
	var first [][]byte
	for i, c := range members {
		got, err := c.wait(ctx, reaches(settled+uint64(n)))
		if err != nil {
			return err
		}
		if i == 0 {
			first = got
		}
		if err := same(c, got, first, i == 0); err != nil {
			return err
		}
	}
	return complete(first[settled:], members, n)
}

// text returns the text of a message. Some texts have characters that JSON must, or must not, escape.
func text(i int) string {
	if i%10 == 0 {
		return fmt.Sprintf("%d \"quoted\" \\ <b>&</b> é 漢 🎈\nsecond line", i)
	}
	return fmt.Sprintf("%d The quick brown fox jumps over the lazy dog.", i)
}

// settle sends messages until every member has received one and then all later ones, because a
// client cannot see that it has joined. It returns the last number used.
func settle(ctx context.Context, members []*client) (seq uint64, err error) {
	for _, c := range members {
		for joined := false; !joined; seq++ {
			if err := members[0].publish(ctx, "is everybody here?"); err != nil {
				return 0, err
			}
			if _, err := members[0].wait(ctx, reaches(seq+1)); err != nil {
				return 0, err
			}
			joined = soon(ctx, c)
		}
	}
	for _, c := range members {
		if _, err := c.wait(ctx, reaches(seq)); err != nil {
			return 0, err
		}
	}
	return seq, nil
}

func soon(ctx context.Context, c *client) bool {
	ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err := c.wait(ctx, func(got [][]byte) bool { return len(got) > 0 })
	return err == nil
}

// reaches returns a condition that is met when the last message has the number seq or a later one.
func reaches(seq uint64) func([][]byte) bool {
	return func(got [][]byte) bool {
		if seq == 0 {
			return true
		}
		if len(got) == 0 {
			return false
		}
		m, err := decode(got[len(got)-1])
		return err != nil || m.Seq >= seq // a wrong envelope is reported when all are checked
	}
}

// decode reads an envelope. It must match the protocol byte for byte.
func decode(envelope []byte) (room.Message, error) {
	var m room.Message
	if err := json.Unmarshal(envelope, &m); err != nil {
		return m, fmt.Errorf("envelope %q: %w", envelope, err)
	}
	if want := m.Append(nil); !bytes.Equal(envelope, want) {
		return m, fmt.Errorf("envelope %q, want %q", envelope, want)
	}
	return m, nil
}

// same checks that a member's messages are those of the first member, byte for byte, from the
// message at which it joined.
func same(c *client, got, first [][]byte, fromOne bool) error {
	for i, envelope := range got {
		m, err := decode(envelope)
		if err != nil {
			return err
		}
		if i == 0 && fromOne && m.Seq != 1 {
			return fmt.Errorf("the room's first message has seq %d", m.Seq)
		}
		start, err := decode(got[0])
		if err != nil {
			return err
		}
		if m.Seq != start.Seq+uint64(i) {
			return fmt.Errorf("%s: message %d has seq %d", c.user, i, m.Seq)
		}
		if m.Seq > uint64(len(first)) || !bytes.Equal(envelope, first[m.Seq-1]) {
			return fmt.Errorf("%s: the message with seq %d differs from that of the first member", c.user, m.Seq)
		}
	}
	return nil
}

// complete checks that each text is there once, in the order of its sender, with a current
// timestamp.
func complete(got [][]byte, members []*client, n int) error {
	if len(got) != n {
		return fmt.Errorf("%d messages, want %d", len(got), n)
	}
	next := map[string]int{members[0].user: 0, members[1].user: 1}
	for _, envelope := range got {
		m, err := decode(envelope)
		if err != nil {
			return err
		}
		i, known := next[m.Sender]
		if !known || m.Text != text(i) || m.Room != members[0].room {
			return fmt.Errorf("envelope %s, want text %q of a sender of %s", envelope, text(i), members[0].room)
		}
		next[m.Sender] += 2
		if age := time.Since(time.UnixMilli(m.Timestamp)); members[0].peer.Wraps() && (age < -time.Second || age > time.Minute) {
			return fmt.Errorf("timestamp %d is not the current time", m.Timestamp)
		}
	}
	return nil
}
