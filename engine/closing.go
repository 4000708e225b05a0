package engine

import (
	"sync/atomic"
	"syscall"
	"time"

	"plenum/codec/frame"
)

// closing is the close handshake of a connection (RFC 6455 section 7.1).
type closing struct {
	phase atomic.Uint32 // written with Conn.mu held
	code  uint16        // guarded by Conn.mu: the close code; 0: nobody has sent one
}

// closing.phase: how far the close handshake is.
const (
	phaseOpen      uint32 = iota
	phaseCloseSent        // our close frame is sent, the peer's answer awaited
	phaseDraining         // our close frame is sent, nothing more of the peer's is read
	phaseClosed           // the socket is closed, or is being cut off, if need be as soon as it is registered
)

// CloseStatus is why a connection is closed (RFC 6455 section 7.4), and when its client is to come back.
type CloseStatus struct {
	Code   int
	Reason string        // cut to 123 bytes in a close frame
	Retry  time.Duration // only Stream.Last sees it; 0: the client comes back when it likes
}

// Close sends a close frame, or a Stream's last bytes, with code and reason, which is cut to 123 bytes,
// behind the bytes that are queued. It ends the connection when the peer has answered
// or CloseTimeout is over. Nothing can be sent after it; the messages that
// the peer still sends are dropped. code is one that RFC 6455 section 7.4 lets
// an endpoint send, or 1005 for a close frame without a code. The error is ErrClosed if the connection is
// closing already, ErrCode if code must not be sent.
func (c *Conn) Close(code int, reason string) error {
	return c.closing.start(c, CloseStatus{Code: code, Reason: reason})
}

// start begins the close handshake, as Close does.
func (cl *closing) start(c *Conn, status CloseStatus) error {
	if !frame.ValidCloseCode(status.Code) && status.Code != frame.CloseNoStatus {
		return ErrCode
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cl.phase.Load() != phaseOpen {
		return ErrClosed
	}
	cl.sendClose(c, phaseCloseSent, status)
	return nil
}

// refuse ends the connection for something its peer did: RFC 6455 section
// 7.1.7. The close frame goes out, then FIN. The bytes that the peer still sends are
// read and dropped, for an early close(2) would answer them with RST, and that
// takes the close frame with it. c.mu is held.
func (cl *closing) refuse(c *Conn, why Refusal) {
	if cl.phase.Load() >= phaseDraining {
		return
	}
	cl.sendRefusal(c, why)
	c.out.finish(c)
}

// receivedClose answers the peer's close frame, or takes it for the answer to ours.
func (cl *closing) receivedClose(c *Conn, code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch cl.phase.Load() {
	case phaseOpen:
		cl.sendClose(c, phaseDraining, CloseStatus{Code: code})
	case phaseCloseSent:
		cl.phase.Store(phaseDraining)
	default:
		return
	}
	c.out.closeTLS(c)
	if c.out.queued.Load() == 0 {
		cl.cut(c) // both have sent all: the server closes first, section 7.1.1
		return
	}
	c.out.finish(c)
}

// sendRefusal counts why and sends its close frame. c.mu is held.
func (cl *closing) sendRefusal(c *Conn, why Refusal) {
	c.engine.refused[why].Add(1)
	info := &Refusals[why]
	cl.sendClose(c, phaseDraining, CloseStatus{Code: info.Code, Reason: info.Text})
}

// sendClose sends the close frame, or a Stream's last bytes, unless it was sent before, and bounds the
// time that the rest takes. c.mu is held.
func (cl *closing) sendClose(c *Conn, next uint32, status CloseStatus) {
	if c.stream != nil {
		next = phaseDraining // its peer has nothing to answer
	}
	before := cl.phase.Load()
	cl.phase.Store(next)
	c.engine.timers.arm(c, c.engine.timers.now.Load()+ticks(c.engine.cfg.CloseTimeout))
	if before != phaseOpen {
		return
	}
	cl.code = uint16(status.Code)
	c.ResumeReading() // the peer's answer is behind the bytes that wait
	c.out.uncork(c)
	_ = c.out.writeOrCork(c, lastBytes(c, status)) // a failure has cut it off already
	if c.out.queued.Load() > 0 {
		c.socket.liftUnsentBound()
	}
	if c.stream != nil {
		c.out.finish(c)
	}
}

// timedOut ends the connection, because its close handshake has taken CloseTimeout, or a second after Silent.
// timers calls it with c.mu held.
func (cl *closing) timedOut(c *Conn) { cl.cut(c) }

// lastBytes are the close frame, or a Stream's.
func lastBytes(c *Conn, status CloseStatus) []byte {
	if c.stream != nil {
		return c.stream.Last(status)
	}
	return frame.Append(nil, frame.Close, frame.AppendClosePayload(nil, status.Code, status.Reason))
}

// cut ends the connection at once, or as soon as the poller knows it, whatever is queued.
//
// It leaves the closing of the descriptor to the poller, which hears of the
// shutdown as of a peer's FIN. Were it closed here, its number could be that of a new
// connection while the poller still has events of the old one, and
// one of those that say "closed" would end the new one. A descriptor that nbio closes by
// itself, when a write of its own fails, is beyond this. c.mu is held.
func (cl *closing) cut(c *Conn) {
	cl.phase.Store(phaseClosed)
	if c.out.registered {
		c.socket.shut(syscall.SHUT_RDWR)
	}
}
