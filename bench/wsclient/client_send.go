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

// stackFrame is the size of a frame that needs no allocation, in bytes.
const stackFrame = 512

// Send sends payload as one text message. It never blocks. Bytes that the socket does not take
// wait in the backlog. If the backlog has no room, Send sends nothing and returns ErrBacklog.
// payload may be reused when Send has returned.
func (c *Client) Send(payload []byte) error { return c.SendAt(payload, 0) }

// SendAt is like Send, and measures how long the message waits for its socket, from at on
// (Monotonic). Pool.HeldBack returns the result. If at is 0, nothing is measured.
func (c *Client) SendAt(payload []byte, at int64) error {
	return c.SendTogether([][]byte{payload}, at)
}

// SendTogether is like SendAt, for several messages that are sent in one write. Either all of them
// are sent or none.
func (c *Client) SendTogether(payloads [][]byte, at int64) error {
	var small [stackFrame]byte
	b := small[:0]
	for _, payload := range payloads {
		b = masked(b, frame.Text, payload)
	}
	if err := c.put(b, len(payloads), at); err != nil {
		return err
	}
	c.loop.counters.sent.Add(uint64(len(payloads)))
	return nil
}

func (c *Client) send(op frame.Opcode, payload []byte) error {
	var small [stackFrame]byte
	return c.put(masked(small[:0], op, payload), 0, 0)
}

// put sends b, which holds that many messages. If at is not 0, their wait is measured.
func (c *Client) put(b []byte, messages int, at int64) error {
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
	for ; at != 0 && c.out != nil && messages > 0; messages-- {
		c.out.time(at)
	}
	return nil
}

// masked appends a frame that is masked with a random key. The key need not be unpredictable
// (RFC 6455 section 10.3), because no hostile party chooses the payload.
func masked(dst []byte, op frame.Opcode, payload []byte) []byte {
	var key [4]byte
	binary.LittleEndian.PutUint32(key[:], rand.Uint32())
	dst = frame.AppendMaskedHeader(dst, op, len(payload), key)
	head := len(dst)
	dst = append(dst, payload...)
	frame.Mask(dst[head:], key, 0)
	return dst
}

// push writes b to the socket, and the rest to the backlog. The caller holds mu and has checked
// that the socket is open.
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

// answer sends the records that crypto/tls itself wrote while it was reading: a new key, or an
// alert. The loop calls it. An error of the socket reaches the loop as an event.
func (c *Client) answer() {
	if !c.tls.Owes() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.push(nil)
}

// flush writes the backlog. The loop calls it. early reports whether the loop must read now,
// because data arrived with the response to the upgrade.
func (c *Client) flush() (early bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	early = c.early && !c.paused
	c.early = c.early && !early
	if c.out != nil {
		n, err := c.write(c.out.bytes)
		if err != nil {
			n = c.out.size() // the loop gets an event for the socket's error
			if c.dial != nil {
				c.dial.err = err
			}
		}
		c.out.take(n, &c.loop.held)
		if c.out.size() > 0 {
			return early
		}
		c.out = nil
	}
	// It fails only for a socket that is not in the epoll set. This one is, since it had an
	// event.
	_ = c.watch()
	return early
}

// Waits reports whether bytes wait in the backlog.
func (c *Client) Waits() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.size() > 0
}

// write writes to the socket once. A full socket is not an error.
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
