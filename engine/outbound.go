package engine

import (
	"errors"
	"net"
	"runtime/debug"
	"sync/atomic"
	"syscall"

	"plenum/codec/frame"
)

// outbound writes the bytes of a connection to its socket. The functions in this file are in the order in which bytes
// pass through them. Send calls send, writeOrCork and writeOrQueue. WriteFrames calls writePieces and writeSomePieces.
// Both end in tryWrite. Bytes that the socket does not accept pass through enqueue; written counts them as they leave.
type outbound struct {
	held   *held        // guarded by Conn.mu; nil if it would be empty
	queued atomic.Int64 // bytes in nbio's queue or in held.early
}

// Send sends one message or control frame. payload stays the caller's. Its length is not bounded, but it is copied
// whole, so it should be a few MiB at most. On a Stream, payload is written without a frame.
//
// Send does not wait. It copies the bytes that the socket does not accept, and they are sent in order when there is
// room. While several frames that arrived together are handled, Send only collects the bytes. They are written after
// the last of these frames, or as soon as 16 KiB are collected.
//
// The error is ErrSlow if more than Config.MaxBacklog bytes are queued already; the connection is then closed with
// 1013. The error is ErrClosed if the connection is closed or closing.
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

// send writes or queues bytes of the program, unless the connection is closing or its queue is too long.
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

// WriteFrames writes whole unmasked frames to a WebSocket. It is for a caller that keeps the frames itself and remembers
// for each connection which of them it has written. It does not wait. For a Stream, use WriteEvents.
//
// taken is the number of bytes of b that were written or queued, always up to the end of a frame. If taken is less than
// len(b), the socket is full. The caller keeps the rest and writes it when OnDrain of the Handler, a Drainer, is
// called. That may happen before WriteFrames has returned. The socket may be full even if taken is len(b). While
// anything is queued, by WriteFrames or Send, taken is 0.
//
// b stays the caller's. If b lies in Config.Blocks, it must not change before its block is put back. If the socket
// accepts a frame in part, WriteFrames copies the rest of that frame. If the socket is full at the start of a frame,
// WriteFrames copies that whole frame, so that OnDrain is called in this case, too. With TLS it copies the rest of the
// bytes that were encrypted together, at most about 16 KiB plus one frame. Nothing else is copied, and only such a copy
// allocates.
//
// The error is ErrClosed if the connection is closed or closing.
func (c *Conn) WriteFrames(b []byte) (taken int, err error) {
	return c.out.writePieces(c, b, frame.Whole)
}

// writePieces is WriteFrames for frames or events. end returns the end of the piece that contains the nth byte of b.
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

// sealedAtOnce is the number of bytes of a long write that are encrypted at a time. The rest of the last frame is
// added. It is less than a TLS record holds, so that bytes up to the end of a short frame still make one record. A
// record that the socket does not accept has to be kept in memory.
const sealedAtOnce = 15 << 10

// writeSomePieces writes the first pieces of b. taken is their length. The bytes of them that the socket does not
// accept are queued. Without TLS that is one piece at most, whole or the rest of it. c.mu is held and the queue is empty.
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
	c.counters().counts[Stalls].Add(1)
	if !c.tls.Encrypted() {
		// Include one byte past n, so that the queue is never empty here: OnDrain is called only when a queue drains.
		b = b[:end(b, n+1)]
		sealed = b
	}
	o.enqueue(c, sealed[n:])
	return len(b), nil
}

// writeOrCork writes frames, or collects them if the connection is corked. c.mu is held.
func (o *outbound) writeOrCork(c *Conn, b []byte) error {
	if !o.isCorked() {
		return o.writeOrQueue(c, c.tls.Seal(b))
	}
	o.held.corked = append(o.held.corked, b...)
	if len(o.held.corked) < maxCorked {
		return nil
	}
	return o.flushCorked(c)
}

// writeOrQueue writes bytes that Seal has returned, queues the bytes that the socket does not accept, and calls
// Release. c.mu is held.
func (o *outbound) writeOrQueue(c *Conn, sealed []byte) (err error) {
	defer c.tls.Release()
	if len(sealed) == 0 || c.tls.Encrypted() && c.closing.phase.Load() >= phaseFinDue { // no record may follow the close_notify
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

// tryWrite does all writes to the socket, except those of nbio from its queue. It does not wait: n is 0 if the socket
// is full. On an error it cuts the connection. c.mu is held and the queue is empty.
func (o *outbound) tryWrite(c *Conn, b []byte) (n int, err error) {
	if n, err = c.socket.write(c.engine.cfg.Blocks, b); err == nil {
		return n, nil
	}
	if !errors.Is(err, ErrClosed) {
		c.closing.cut(c)
	}
	return 0, ErrClosed
}

// enqueue passes b to nbio, which copies it, writes it when the socket has room and then calls written. If the socket is
// not registered yet, enqueue copies b to held.early instead. c.mu is held.
func (o *outbound) enqueue(c *Conn, b []byte) {
	o.queued.Add(int64(len(b)))
	if !c.reader.turn.isRegistered() {
		h := o.hold()
		h.early = append(h.early, b...)
		return
	}
	if _, err := c.socket.nb.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
		c.closing.cut(c)
	}
}

// written is called by nbio, with its lock held, when n bytes of its queue have been written to the socket.
func (o *outbound) written(c *Conn, n int) {
	if o.queued.Add(-int64(n)) > 0 {
		return
	}
	switch c.closing.phase.Load() {
	case phaseFinDue:
		_ = syscall.Shutdown(c.socket.nb.Hash(), syscall.SHUT_WR)
		return
	case phaseClosed:
		return
	}
	if d, ok := c.handler.(Drainer); ok {
		defer func() {
			if v := recover(); v != nil {
				stack := debug.Stack()
				go c.panicked(v, stack) // in a goroutine, because it takes Conn.mu; it waits for nothing else
			}
		}()
		d.OnDrain()
	}
}

// finish sends FIN after the last queued byte. It enters phaseFinDue before it checks the queue. So if the queue becomes
// empty at the same time, at least one of finish and written sends the FIN. c.mu is held, and the phase is phaseDraining
// or later.
func (o *outbound) finish(c *Conn) {
	o.closeTLS(c)
	if c.closing.phase.Load() == phaseClosed {
		return
	}
	c.closing.phase.Store(phaseFinDue)
	if o.queued.Load() == 0 {
		c.socket.shut(syscall.SHUT_WR)
	}
}

// closeTLS sends close_notify, if it was not sent before (RFC 8446 section 6.1). c.mu is held.
func (o *outbound) closeTLS(c *Conn) {
	if !c.tls.Encrypted() {
		return
	}
	c.tls.CloseWrite()
	_ = o.writeOrQueue(c, c.tls.Records()) // on an error the connection is cut already
}

// setRegistered is called when the socket has been registered with the poller. It passes the bytes that are queued in
// early to nbio, or shuts the socket down if the connection was cut meanwhile.
func (o *outbound) setRegistered(c *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reader.turn.setRegistered()
	if c.closing.phase.Load() == phaseClosed {
		c.socket.shut(syscall.SHUT_RDWR)
		return
	}
	if o.held != nil && len(o.held.early) > 0 {
		_, _ = c.socket.nb.Write(o.held.early)
	}
	o.dropEarly()
}
