package wsclient

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"golang.org/x/sys/unix"
	"plenum/bench/wsclient/internal/socket"
	"plenum/codec/frame"
)

// stackFrame holds the frames of ordinary messages without an allocation.
const stackFrame = 512

// Send sends payload as one text message. It never blocks: what the socket does
// not take waits in the backlog, and where that is full nothing of payload is
// sent and ErrBacklog is returned. payload stays the caller's.
func (c *Client) Send(payload []byte) error { return c.SendAt(payload, 0) }

// SendAt is Send at a time by Monotonic. If the socket does not take the message at
// once, how long it waits from then on is measured, for Pool.HeldBack. 0: it is not.
func (c *Client) SendAt(payload []byte, at int64) error {
	if err := c.send(frame.Text, payload, at); err != nil {
		return err
	}
	c.loop.counters.sent.Add(1)
	return nil
}

func (c *Client) send(op frame.Opcode, payload []byte, at int64) error {
	var small [stackFrame]byte
	b := masked(small[:0], op, payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.fd < 0 {
		return ErrClosed
	}
	if waits := c.out.size(); waits > 0 && waits+len(b) > c.loop.cfg.Backlog {
		c.loop.counters.refused.Add(1)
		return ErrBacklog
	}
	if err := c.push(b); err != nil {
		return err
	}
	if at != 0 && c.out != nil {
		c.out.time(at)
	}
	return nil
}

// masked appends a frame masked with a random key. It need not be hard to guess
// (RFC 6455 section 10.3): no hostile party chooses a load's payload.
func masked(dst []byte, op frame.Opcode, payload []byte) []byte {
	var key [4]byte
	binary.LittleEndian.PutUint32(key[:], rand.Uint32())
	dst = frame.AppendMaskedHeader(dst, op, len(payload), key)
	head := len(dst)
	dst = append(dst, payload...)
	frame.Mask(dst[head:], key, 0)
	return dst
}

// push writes b, or what the socket does not take of it to the backlog. The
// caller holds mu and has seen that the socket is open.
func (c *Client) push(b []byte) (err error) {
	if c.tls != nil {
		if b, err = c.tls.Seal(b); err != nil {
			return fmt.Errorf("bench: write: %w", err)
		}
	}
	if c.out != nil {
		c.out.bytes = append(c.out.bytes, b...)
		return nil
	}
	n, err := c.write(b)
	if err != nil {
		return err
	}
	if n == len(b) {
		return nil
	}
	c.out = &backlog{bytes: bytes.Clone(b[n:])}
	return c.watch()
}

// answer sends what crypto/tls itself has had to say while it read, on the loop: a new
// key, or an alert. Where the socket does not take it, that ends as its event.
func (c *Client) answer() {
	if !c.tls.Owes() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.push(nil)
}

// flush writes the backlog, on the loop, and tells whether what came early is to be
// read now.
func (c *Client) flush() (early bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	early = c.early && !c.paused
	c.early = c.early && !early
	if c.out != nil {
		n, err := c.write(c.out.bytes)
		if err != nil {
			n = c.out.size() // the socket's end reaches the loop as an event
		}
		c.out.take(n, &c.loop.held)
		if c.out.size() > 0 {
			return early
		}
		c.out = nil
	}
	// It fails only for a socket that is not watched; this one's event brought us here.
	_ = c.watch()
	return early
}

// Waits tells whether the backlog has anything.
func (c *Client) Waits() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.size() > 0
}

func (c *Client) write(b []byte) (int, error) {
	n, err := socket.Write(c.fd, b)
	if err == unix.EAGAIN || err == unix.EINTR {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("bench: write: %w", err)
	}
	return n, nil
}
