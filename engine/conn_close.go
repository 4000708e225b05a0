package engine

import (
	"syscall"

	"golang.org/x/sys/unix"

	"plenum/codec/frame"
)

// Close sends a close frame, or a Stream's last, with code and reason, which is cut to 123 bytes,
// behind whatever is queued, and ends the connection once the peer has answered
// or CloseTimeout is over. Nothing can be sent after it; the messages that
// the peer still sends are dropped. code is one that RFC 6455 section 7.4 lets
// an endpoint send, or 1005 for a close frame without one. ErrClosed where it is
// closing already, ErrCode where code is not for the wire.
func (c *Conn) Close(code int, reason string) error {
	if !frame.ValidCloseCode(code) && code != frame.CloseNoStatus {
		return ErrCode
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Load() != open {
		return ErrClosed
	}
	c.sayClose(closing, code, reason)
	return nil
}

// refuse ends the connection for something its peer did: RFC 6455 section
// 7.1.7. The close frame goes out, then FIN, and what the peer still sends is
// read and dropped, for an early close(2) would answer it with RST, and that
// takes the close frame with it.
func (c *Conn) refuse(why Refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuseLocked(why)
}

func (c *Conn) refuseLocked(why Refusal) {
	if c.phase.Load() >= ending {
		return
	}
	c.sayFault(why)
	c.shutWhenDrained()
}

// onPeerClose answers the peer's close frame, or takes it for the answer to ours.
func (c *Conn) onPeerClose(code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase.Load() {
	case open:
		c.sayClose(ending, code, "")
	case closing:
		c.phase.Store(ending)
	default:
		return
	}
	c.sayEnd()
	if c.queued.Load() == 0 {
		c.cutLocked() // both have said all: the server closes first, section 7.1.1
		return
	}
	c.shutWhenDrained()
}

// sayFault counts why and sends its close frame. mu is held.
func (c *Conn) sayFault(why Refusal) {
	c.engine.stats.refused[why].Add(1)
	code, reason := why.close()
	c.sayClose(ending, code, reason)
}

// sayClose sends the close frame, or a Stream's end, unless one is sent, and bounds what follows. mu is held.
func (c *Conn) sayClose(next uint32, code int, reason string) {
	if c.stream != nil {
		next = ending // its peer has nothing to answer
	}
	before := c.phase.Load()
	c.phase.Store(next)
	c.engine.beats.arm(c, c.engine.now.Load()+c.engine.beats.closeTicks)
	if before != open {
		return
	}
	c.code = uint16(code)
	c.ResumeReading() // the peer's answer is behind the bytes that wait
	c.letGo()
	_ = c.put(c.last(code, reason)) // a failure has cut it off already
	if c.queued.Load() > 0 {
		c.pushOut()
	}
	if c.stream != nil {
		c.shutWhenDrained()
	}
}

// last is the close frame, or what a Stream says instead.
func (c *Conn) last(code int, reason string) []byte {
	if c.stream != nil {
		return c.stream.Last(code, reason)
	}
	return frame.Append(nil, frame.Close, frame.AppendClosePayload(nil, code, reason))
}

// pushOut lifts the socket's bound of unsent bytes, whereupon the poller hears that it
// has room. Then a peer that does not read finds the close frame behind what it has not
// read, also where it comes back to it when the connection is long closed here. mu is held.
func (c *Conn) pushOut() {
	c.raw.Lock()
	defer c.raw.Unlock()
	if isClosed, _ := c.raw.IsClosed(); !isClosed {
		_ = unix.SetsockoptInt(c.raw.Hash(), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 0) // the system's: none
	}
}

// shutWhenDrained sends FIN after the last queued byte. The flag stands
// before the queue is looked at, so that one of the two sees the other. mu is held.
func (c *Conn) shutWhenDrained() {
	c.sayEnd()
	c.turn.Or(lastWord)
	if c.queued.Load() == 0 {
		c.shut(syscall.SHUT_WR)
	}
}

// cut ends the connection at once, whatever is queued.
func (c *Conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cutLocked()
}

// cutLocked ends the connection at once, or as soon as the poller knows it.
//
// It leaves the closing of the descriptor to the poller, which hears of the
// shutdown as of a peer's FIN. Were it closed here, its number could be that of a new
// connection while the poller still has events of the old one in hand, and
// one of those that say "closed" would end the new one. What nbio closes by
// itself, when a write of its own fails, is beyond this. mu is held.
func (c *Conn) cutLocked() {
	c.phase.Store(closed)
	c.doomed = true
	if c.registered {
		c.shut(syscall.SHUT_RDWR)
	}
}

// shut is shutdown(2); nbio's lock keeps the descriptor from being closed,
// and reused, meanwhile. mu is held.
func (c *Conn) shut(how int) {
	c.raw.Lock()
	defer c.raw.Unlock()
	if isClosed, _ := c.raw.IsClosed(); !isClosed {
		_ = syscall.Shutdown(c.raw.Hash(), how)
	}
}
