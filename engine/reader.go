package engine

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/lesismal/nbio"

	"plenum/engine/internal/tlsrecord"
)

// reader reads a connection's socket, and deciphers its bytes, for inbound.
type reader struct {
	// Atomic.
	turn  turn
	heard atomic.Uint32 // the tick in which the peer last sent anything
}

// maxReads is how often a connection is read before the poller turns to the next one: as
// often as its receive buffer can be emptied, because nbio closes a connection whose peer
// has sent FIN after one call of readable, and bytes that are not read by then are lost. The kernel
// doubles maxUnread.
const maxReads = 2*maxUnread/nbio.DefaultReadBufferSize + 1

// PauseReading stops reading from the client. It is to be called within OnMessage, and takes
// effect when OnMessage returns: the next message is delivered after ResumeReading.
// Meanwhile the client's bytes wait in the socket, and TCP slows the client down; of the bytes
// read already, up to 64 KiB (80 over TLS) wait in memory. The heartbeat does not end a paused connection,
// because the client's pong may be among the bytes that wait.
//
// The pause also ends if the connection is closed, or if the client has sent FIN: then all
// bytes that have arrived are delivered first. For messages that came along with the
// handshake PauseReading does nothing.
func (c *Conn) PauseReading() { c.reader.turn.pause() }

// ResumeReading ends a pause. Any goroutine may call it, also if there is no pause.
func (c *Conn) ResumeReading() {
	if !c.reader.turn.paused() {
		return
	}
	c.engine.pollers.run(c, func() {
		c.reader.turn.resume()
		c.reader.heard.Store(c.engine.timers.now.Load()) // it had no chance to be heard
		c.reader.deliverUnread(c)
		c.reader.read(c)
	})
}

// readable is called by nbio, on the poller: bytes or a FIN have arrived. No further event comes
// for the bytes that it leaves in the socket.
func (r *reader) readable(c *Conn) {
	if !r.turn.paused() {
		r.read(c)
	}
	if r.turn.paused() && c.socket.peerEnded() {
		r.turn.forbidPause()
		r.deliverUnread(c)
		r.read(c) // nbio closes the connection afterwards
	}
}

// read reads the socket until it is empty, or until the next pause. It runs on the poller.
func (r *reader) read(c *Conn) {
	nc := c.socket.nb
	buf := *c.engine.pollers.nb.PollerBufferPtr(nc)
	for range maxReads {
		if r.turn.paused() {
			return
		}
		n, err := nc.Read(buf)
		switch {
		case n > 0:
			r.take(c, buf[:n])
			yieldSometimes()
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil && !errors.Is(err, syscall.EAGAIN):
			_ = nc.CloseWithError(err)
		}
		if n < len(buf) {
			return
		}
	}
	// It sends faster than it is read: the other connections come first.
	c.engine.pollers.run(c, func() { r.read(c) })
}

// take handles bytes that were read from the socket. data is the poller's buffer.
func (r *reader) take(c *Conn, data []byte) {
	if !r.turn.begin() {
		return
	}
	r.heard.Store(c.engine.timers.now.Load())
	if c.tls.Encrypted() {
		r.decipher(c, data)
	} else {
		c.guard(func() { c.in.feed(c, data) })
	}
	c.endTurn()
}

// deliverUnread delivers the bytes that were read before a pause.
func (r *reader) deliverUnread(c *Conn) {
	if r.turn.begin() {
		c.in.feedUnread(c)
		c.endTurn()
	}
}

// plaintext is how many bytes of a socket are deciphered at once.
type plaintext [64 << 10]byte

var plaintextPool = sync.Pool{New: func() any { return new(plaintext) }}

// decipher takes bytes of the socket, which are TLS records split anywhere, and feeds their content to
// inbound. The caller has the turn.
func (r *reader) decipher(c *Conn, data []byte) {
	if c.closing.phase.Load() == phaseClosed {
		return // crypto/tls would find the same fault again
	}
	buf := plaintextPool.Get().(*plaintext)
	defer plaintextPool.Put(buf)
	c.tls.Feed(data)
	for {
		n, err := r.openRecords(c, buf)
		c.guard(func() { c.in.feed(c, buf[:n]) })
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF): // close_notify: as FIN without TLS
			r.turn.forbidPause()
			c.in.feedUnread(c)
			c.cut()
		case err != tlsrecord.ErrNothingYet:
			c.engine.refused[RefusedTLS].Add(1)
			c.cut()
		}
		return
	}
}

// openRecords deciphers until nothing is left or buf is full, and sends the bytes that TLS
// answers by itself: to a new key, or to a fault.
func (r *reader) openRecords(c *Conn, buf *plaintext) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err = c.tls.Open(buf[:])
	answers := c.tls.Records()
	if answers != nil && c.out.queued.Load() > int64(c.engine.cfg.MaxBacklog) {
		c.closing.refuse(c, TooSlow) // it asks for new keys and does not read the answers
		c.closing.cut(c)
		answers = nil
	}
	_ = c.out.writeOrQueue(c, answers) // a failure has cut it off already
	return n, err
}
