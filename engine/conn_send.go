package engine

import (
	"errors"
	"net"
	"runtime/debug"
	"sync"
	"syscall"

	"plenum/codec/frame"
)

// Send sends one message or control frame of at most a few MiB; payload stays the
// caller's. What the socket does not take now is copied and goes out when it
// can, in order; so does what is sent while OnMessage handles one of several frames that
// came at once. ErrSlow where more than MaxBacklog waits already: the
// connection is then closed with 1013. ErrClosed after Close. On a Stream payload goes
// out as it is.
func (c *Conn) Send(op frame.Opcode, payload []byte) error {
	if c.stream != nil {
		return c.send(payload)
	}
	buf := sendPool.Get().(*[]byte)
	*buf = c.appendFrame((*buf)[:0], op, payload)
	err := c.send(*buf)
	if cap(*buf) <= keptSend {
		sendPool.Put(buf)
	}
	return err
}

// keptSend bounds the scratch buffers that go back to sendPool, in bytes.
const keptSend = 64 << 10

var sendPool = sync.Pool{New: func() any { return new([]byte) }}

func (c *Conn) send(whole []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Load() != open {
		return ErrClosed
	}
	if c.queued.Load() > int64(c.engine.cfg.MaxBacklog) {
		c.refuseLocked(TooSlow)
		return ErrSlow
	}
	return c.put(whole)
}

// WriteFrames writes whole unmasked frames for which the caller keeps the place,
// b stays the caller's; where it lies in Config.Pages, it is not to change before
// it is put back there. It returns how much of b went to the socket, always up
// to a frame's end: fewer than len(b) bytes mean that the socket is full, and
// the Handler, a Drainer, is told when to go on from there, which may be before
// WriteFrames has returned. Of a frame that
// the socket took in part the rest is copied; nothing else is, but over TLS what was
// enciphered with it, some 16 KiB and a frame. It does not allocate, but for what is copied.
func (c *Conn) WriteFrames(b []byte) (taken int, err error) { return c.writeWhole(b, frame.Whole) }

// writeWhole is WriteFrames for pieces of which whole returns where that ends which
// has the nth byte of b.
func (c *Conn) writeWhole(b []byte, whole func(b []byte, n int) int) (taken int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Load() != open {
		return 0, ErrClosed
	}
	if c.held != nil {
		if err := c.putHeld(); err != nil {
			return 0, err
		}
	}
	if c.queued.Load() > 0 {
		return 0, nil
	}
	if c.secure != nil {
		return c.writeSealed(b, whole)
	}
	n, err := c.writeNow(b)
	if err != nil || n == len(b) {
		return n, err
	}
	c.engine.stats.stalls.Add(1)
	// One byte past n, so that there is always something in the queue
	// whose draining says when the socket has room.
	end := whole(b, n+1)
	c.enqueue(b[n:end])
	return end, nil
}

// put writes a frame now, holds or queues it. mu is held.
func (c *Conn) put(whole []byte) error {
	if c.held == nil {
		return c.putNow(whole)
	}
	*c.held = append(*c.held, whole...)
	if len(*c.held) < heldMost {
		return nil
	}
	return c.putHeld()
}

// putNow writes frames now or queues them, enciphered where the connection is. mu is held.
func (c *Conn) putNow(whole []byte) error {
	if c.secure == nil {
		return c.putBytes(whole)
	}
	_, _ = c.secure.tls.Write(whole) // into memory; after a fault of TLS the connection is being cut
	return c.putRecords()
}

// putBytes writes what is for the socket now or queues it. mu is held.
func (c *Conn) putBytes(b []byte) error {
	n := 0
	if c.queued.Load() == 0 {
		var err error
		if n, err = c.writeNow(b); err != nil {
			return err
		}
	}
	if n < len(b) {
		c.enqueue(b[n:])
	}
	return nil
}

// writeNow is one write(2) that does not wait: n is 0 where the socket is full.
// Any other failure cuts the connection off. mu is held and the queue is empty.
//
// It bypasses nbio.Conn.Write, which copies all that the socket did not take;
// nbio's lock keeps the descriptor from being closed, and reused, meanwhile.
func (c *Conn) writeNow(b []byte) (n int, err error) {
	c.raw.Lock()
	if isClosed, _ := c.raw.IsClosed(); isClosed {
		c.raw.Unlock()
		return 0, ErrClosed
	}
	for {
		n, err = c.engine.cfg.Pages.write(c.raw.Hash(), b)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	c.raw.Unlock()
	if err == nil {
		return n, nil
	}
	if err == syscall.EAGAIN {
		return 0, nil
	}
	c.cutLocked()
	return 0, ErrClosed
}

// enqueue leaves b to nbio, which copies it and writes it when the socket can
// take it; onWritten then counts it off. mu is held.
func (c *Conn) enqueue(b []byte) {
	c.queued.Add(int64(len(b)))
	if !c.registered {
		if c.early == nil {
			c.early = new([]byte)
		}
		*c.early = append(*c.early, b...)
		return
	}
	if _, err := c.raw.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
		c.cutLocked()
	}
}

// onWritten is nbio's, with its lock held: n bytes of the queue went out.
func (c *Conn) onWritten(n int) {
	if c.queued.Add(-int64(n)) > 0 {
		return
	}
	if c.turn.Load()&lastWord != 0 {
		_ = syscall.Shutdown(c.raw.Hash(), syscall.SHUT_WR)
		return
	}
	if d, ok := c.handler.(Drainer); ok {
		defer func() {
			if v := recover(); v != nil {
				stack := debug.Stack()
				go c.panicked(v, stack) // waits for the lock that is held here, and for nothing else
			}
		}()
		d.OnDrain()
	}
}
