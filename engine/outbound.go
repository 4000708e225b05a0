package engine

import (
	"errors"
	"net"
	"runtime/debug"
	"sync/atomic"
	"syscall"

	"plenum/codec/frame"
)

// outbound is the way of a connection's bytes to its socket. This file has it in the order in which the
// bytes take it. Send goes by send, writeOrCork and writeOrQueue. WriteFrames goes by writePieces and
// writeSomePieces. Both come to tryWrite. The bytes that the socket does not take go by enqueue and written.
type outbound struct {
	// Guarded by Conn.mu.
	early      *[]byte // bytes that the socket did not take before it was registered; nil: none
	corked     *[]byte // bytes that wait for uncork; nil: not corked
	registered bool    // the poller knows the socket

	// Atomic.
	finDue atomic.Bool  // send FIN when the queue is empty
	queued atomic.Int64 // bytes in nbio's list or in early
}

// Send sends one message or control frame of at most a few MiB. payload stays the
// caller's. Bytes that the socket does not take now are copied and go out when it
// has room, in order. So are the bytes that are sent while OnMessage handles one of several frames that
// came at once. The error is ErrSlow if more than MaxBacklog waits already: the
// connection is then closed with 1013. It is ErrClosed after Close. On a Stream payload goes
// out as it is.
func (c *Conn) Send(op frame.Opcode, payload []byte) error {
	if c.stream != nil {
		return c.out.send(c, payload)
	}
	buf := getScratch()
	*buf = c.encoding.appendFrame(*buf, op, payload)
	err := c.out.send(c, *buf)
	putScratch(buf)
	return err
}

// send puts bytes of the program on their way, unless the connection is closing or behind.
func (o *outbound) send(c *Conn, b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.phase.Load() != phaseOpen {
		return ErrClosed
	}
	if o.queued.Load() > int64(c.engine.cfg.MaxBacklog) {
		c.closing.refuse(c, TooSlow)
		return ErrSlow
	}
	return o.writeOrCork(c, b)
}

// WriteFrames writes whole unmasked frames, of which the caller keeps the position. b stays the
// caller's; if it lies in Config.Blocks, it must not change before it is put back there. taken is
// how much of b went to the socket, always up to a frame's end. If it is less than len(b), the
// socket is full, and the Handler, a Drainer, is told when to continue, perhaps before
// WriteFrames has returned. Of a frame that the socket took in part the rest is copied.
// Nothing else is, except over TLS the bytes that were enciphered together with it, some 16 KiB and a
// frame. Only such a copy allocates.
func (c *Conn) WriteFrames(b []byte) (taken int, err error) {
	return c.out.writePieces(c, b, frame.Whole)
}

// writePieces is WriteFrames for any pieces: end returns the end of the piece that has the nth byte of b.
func (o *outbound) writePieces(c *Conn, b []byte, end func(b []byte, n int) int) (taken int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.phase.Load() != phaseOpen {
		return 0, ErrClosed
	}
	if err := o.flushCorked(c); err != nil {
		return 0, err
	}
	for taken < len(b) && o.queued.Load() == 0 {
		n, err := o.writeSomePieces(c, b[taken:], end)
		if err != nil {
			return taken, err
		}
		taken += n
	}
	return taken, nil
}

// sealedAtOnce is how many bytes of a long write are enciphered at a time. The rest of the last frame is
// added, so that most frames make one record. A record that the socket does not take has to be kept.
const sealedAtOnce = 15 << 10

// writeSomePieces writes the first bytes of b, up to the end of a piece, and queues what the socket
// does not take of these. Without TLS it queues only the rest of one piece. c.mu is held and the
// queue is empty.
func (o *outbound) writeSomePieces(c *Conn, b []byte, end func(b []byte, n int) int) (taken int, err error) {
	if c.tls.Encrypted() && len(b) > sealedAtOnce {
		b = b[:end(b, sealedAtOnce)]
	}
	sealed := c.tls.Seal(b)
	defer c.tls.Release()
	n, err := o.tryWrite(c, sealed)
	if err != nil || n == len(sealed) {
		return len(b), err
	}
	c.engine.counters[Stalls].Add(1)
	if !c.tls.Encrypted() {
		// One byte past n, so that there is always something in the queue
		// whose draining says when the socket has room.
		b = b[:end(b, n+1)]
		sealed = b
	}
	o.enqueue(c, sealed[n:])
	return len(b), nil
}

// writeOrCork writes frames, or keeps them if the connection is corked. c.mu is held.
func (o *outbound) writeOrCork(c *Conn, b []byte) error {
	if o.corked == nil {
		return o.writeOrQueue(c, c.tls.Seal(b))
	}
	*o.corked = append(*o.corked, b...)
	if len(*o.corked) < maxCorked {
		return nil
	}
	return o.flushCorked(c)
}

// writeOrQueue writes bytes for the socket, which Seal has returned, and queues those that it does not take. c.mu is held.
func (o *outbound) writeOrQueue(c *Conn, sealed []byte) (err error) {
	defer c.tls.Release()
	if len(sealed) == 0 || c.tls.Encrypted() && o.finDue.Load() { // no record follows the close_notify
		return nil
	}
	n := 0
	if o.queued.Load() == 0 {
		n, err = o.tryWrite(c, sealed)
	}
	if err == nil && n < len(sealed) {
		o.enqueue(c, sealed[n:])
	}
	return err
}

// tryWrite is the only write to the socket but for nbio's own, from its queue. It does not wait: n is 0 if
// the socket is full. A failure cuts the connection off. c.mu is held and the queue is empty.
func (o *outbound) tryWrite(c *Conn, b []byte) (n int, err error) {
	if n, err = c.socket.write(c.engine.cfg.Blocks, b); err == nil {
		return n, nil
	}
	if !errors.Is(err, ErrClosed) {
		c.closing.cut(c)
	}
	return 0, ErrClosed
}

// enqueue leaves b to nbio, which copies it, and writes it when the socket has room;
// written is then told. c.mu is held.
func (o *outbound) enqueue(c *Conn, b []byte) {
	o.queued.Add(int64(len(b)))
	if !o.registered {
		if o.early == nil {
			o.early = new([]byte)
		}
		*o.early = append(*o.early, b...)
		return
	}
	if _, err := c.socket.nb.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
		c.closing.cut(c)
	}
}

// written is called by nbio, with its lock held: n bytes of the queue went out.
func (o *outbound) written(c *Conn, n int) {
	if o.queued.Add(-int64(n)) > 0 {
		return
	}
	if o.finDue.Load() {
		_ = syscall.Shutdown(c.socket.nb.Hash(), syscall.SHUT_WR)
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

// finish sends FIN after the last queued byte. The flag is set before
// the queue is looked at, so that either finish or written sends it. c.mu is held.
func (o *outbound) finish(c *Conn) {
	o.closeTLS(c)
	o.finDue.Store(true)
	if o.queued.Load() == 0 {
		c.socket.shut(syscall.SHUT_WR)
	}
}

// closeTLS tells the peer, once, that nothing follows (RFC 8446 section 6.1). c.mu is held.
func (o *outbound) closeTLS(c *Conn) {
	if !c.tls.Encrypted() {
		return
	}
	c.tls.CloseWrite()
	_ = o.writeOrQueue(c, c.tls.Records()) // a failure has cut it off already
}

// setRegistered does what had to wait until the poller knew the socket.
func (o *outbound) setRegistered(c *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o.registered = true
	if c.closing.phase.Load() == phaseClosed {
		c.socket.shut(syscall.SHUT_RDWR)
		return
	}
	if o.early != nil {
		_, _ = c.socket.nb.Write(*o.early)
		o.early = nil
	}
}
