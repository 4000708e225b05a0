package bench

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"golang.org/x/sys/unix"
	"plenum/codec/frame"
)

// stackFrame holds the frames of ordinary messages without an allocation.
const stackFrame = 512

// Send sends payload as one text message. It never blocks: what the socket does
// not take waits in the backlog, and where that is full nothing of payload is
// sent and ErrBacklog is returned. payload stays the caller's.
func (c *Client) Send(payload []byte) error {
	if err := c.send(frame.Text, payload); err != nil {
		return err
	}
	c.loop.counters.sent.Add(1)
	return nil
}

func (c *Client) send(op frame.Opcode, payload []byte) error {
	var small [stackFrame]byte
	b := masked(small[:0], op, payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.fd < 0 {
		return ErrClosed
	}
	if len(c.out) > 0 && len(c.out)+len(b) > c.loop.cfg.Backlog {
		c.loop.counters.refused.Add(1)
		return ErrBacklog
	}
	return c.push(b)
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
	if c.secure != nil {
		if b, err = c.secure.seal(b); err != nil {
			return fmt.Errorf("bench: write: %w", err)
		}
	}
	if len(c.out) > 0 {
		c.out = append(c.out, b...)
		return nil
	}
	n, err := c.write(b)
	if err != nil {
		return err
	}
	if n == len(b) {
		return nil
	}
	c.out = append(c.out, b[n:]...)
	return c.watch()
}

// answer sends what crypto/tls itself has had to say while it read, on the loop: a new
// key, or an alert. Where the socket does not take it, that ends as its event.
func (c *Client) answer() {
	if !c.secure.wire.owes() {
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
	n, err := c.write(c.out)
	if err != nil {
		n = len(c.out) // the socket's end reaches the loop as an event
	}
	c.out = c.out[n:]
	if len(c.out) > 0 {
		return early
	}
	c.out = nil
	// It fails only for a socket that is not watched; this one's event brought us here.
	_ = c.watch()
	return early
}

func (c *Client) write(b []byte) (int, error) {
	n, err := write(c.fd, b)
	if err == unix.EAGAIN || err == unix.EINTR {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("bench: write: %w", err)
	}
	return n, nil
}
