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

// reader reads a connection's socket, decrypts the bytes and passes them to inbound.
type reader struct {
	// Atomic.
	turn  turn
	heard atomic.Uint32 // the tick in which the peer last sent bytes
}

// maxReads is the number of reads of a connection before the poller continues with the next connection. It is enough to
// empty the receive buffer, which is twice maxUnread, because the kernel doubles the requested size. If the peer has
// sent FIN, nbio closes the connection after one call of readable, and bytes that were not read by then are lost.
const maxReads = 2*maxUnread/nbio.DefaultReadBufferSize + 1

// PauseReading stops reading from the client until ResumeReading. Call it within OnMessage. It takes effect when
// OnMessage returns: the next message is delivered after ResumeReading. Meanwhile the client's bytes wait in the
// socket, and TCP slows the client down. Bytes that were read already, up to 64 KiB (80 KiB with TLS), wait in memory.
//
// The heartbeat does not close a paused connection, because the client's pong may be among the bytes that wait. The
// pause also ends when the connection is closed, or when the client sends FIN; the bytes that arrived before the FIN
// are delivered first. PauseReading has no effect on messages that arrived together with the handshake.
func (c *Conn) PauseReading() { c.reader.turn.pause() }

// ResumeReading ends a pause. Pauses do not nest: one call ends the pause, however often PauseReading was called.
// Without a pause it does nothing. It does not wait: the connection's poller reads on.
func (c *Conn) ResumeReading() {
	if !c.reader.turn.paused() {
		return
	}
	c.engine.pollers.run(c, func() {
		c.reader.turn.resume()
		c.reader.heard.Store(c.engine.timers.now.Load()) // the peer could not be heard during the pause
		c.reader.deliverUnread(c, false)
		c.reader.read(c, false)
	})
}

// readable is called on the poller when bytes or a FIN have arrived. No further event comes for bytes that readable leaves
// in the socket, because nbio runs edge-triggered.
func (r *reader) readable(c *Conn) {
	if !r.turn.paused() {
		r.read(c, true)
	}
	if r.turn.paused() && c.socket.peerEnded() {
		r.turn.forbidPause()
		r.deliverUnread(c, true)
		r.read(c, true) // nbio closes the connection afterwards
	}
}

// read reads the socket until it is empty, or until the next pause. It runs on the poller. inEvent means that the poller is
// handling an event of c. Otherwise the poller is running a job: if the peer has ended the connection, read leaves that to
// the event that is still to come.
func (r *reader) read(c *Conn, inEvent bool) {
	nc := c.socket.nb
	buf := *c.engine.pollers.nb.PollerBufferPtr(nc)
	for range maxReads {
		if r.turn.paused() {
			return
		}
		n, err := nc.Read(buf)
		switch {
		case n > 0:
			r.take(c, buf[:n], inEvent)
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EAGAIN) && inEvent:
			r.end(c)
		}
		if n < len(buf) {
			return
		}
	}
	// The peer sends faster than the poller reads. Read on after the other connections.
	c.engine.pollers.run(c, func() { r.read(c, false) })
}

// take handles bytes that were read from the socket. data is the poller's buffer. It may be changed during the call.
func (r *reader) take(c *Conn, data []byte, inEvent bool) {
	if !r.turn.begin(inEvent) {
		return
	}
	r.heard.Store(c.engine.timers.now.Load())
	if c.tls.Encrypted() {
		r.decrypt(c, data)
	} else {
		c.guard(func() { c.in.feed(c, data) })
	}
	c.endTurn()
}

// end closes the socket, because the peer has sent FIN or a read has failed. It takes the turn for that, so that endTurn
// finishes the connection. The poller calls it while it handles an event of c.
func (r *reader) end(c *Conn) {
	if r.turn.begin(true) {
		_ = c.socket.nb.Close()
		c.endTurn()
	}
}

// deliverUnread delivers the bytes that were read before a pause.
func (r *reader) deliverUnread(c *Conn, inEvent bool) {
	if r.turn.begin(inEvent) {
		c.in.feedUnread(c)
		c.endTurn()
	}
}

// plaintext is a buffer for decrypted bytes.
type plaintext [64 << 10]byte

var plaintextPool = sync.Pool{New: func() any { return new(plaintext) }}

// decrypt takes bytes from the socket, which are TLS records split anywhere, and feeds their content to inbound. The
// caller holds the turn.
func (r *reader) decrypt(c *Conn, data []byte) {
	if c.closing.phase.Load() == phaseClosed {
		return // crypto/tls would report the same error again
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
		case errors.Is(err, io.EOF): // close_notify, which ends the connection as FIN does without TLS
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

// openRecords decrypts until no record is left or buf is full. It also sends the records with which crypto/tls answers
// key updates and errors.
func (r *reader) openRecords(c *Conn, buf *plaintext) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err = c.tls.Open(buf[:])
	answers := c.tls.Records()
	if answers != nil && c.out.queued.Load() > int64(c.engine.cfg.MaxBacklog) {
		c.closing.refuse(c, TooSlow) // the peer keeps sending key updates and does not read the answers
		c.closing.cut(c)
		answers = nil
	}
	_ = c.out.writeOrQueue(c, answers) // on an error the connection is cut already
	return n, err
}
