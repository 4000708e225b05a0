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
	code  uint16        // guarded by Conn.mu: the code of the first close frame, sent or received; 0 before
}

// The values of closing.phase, in the order in which a connection passes through them. It may skip some.
const (
	phaseOpen      uint32 = iota
	phaseCloseSent        // our close frame is sent; the peer's is awaited
	phaseDraining         // our close frame is sent; received bytes are dropped
	phaseFinDue           // the same, and FIN follows the last queued byte
	phaseClosed           // the connection was cut, or its socket is closed
)

// CloseStatus says why a connection is closed (RFC 6455 section 7.4) and when its client should reconnect.
type CloseStatus struct {
	Code   int
	Reason string        // cut to 123 bytes in a close frame
	Retry  time.Duration // delay before reconnecting, for Stream.Last only; 0: the client decides
}

// Close begins the close handshake. It sends a close frame with code and reason after the bytes that are queued; a Stream
// sends the bytes that Stream.Last returns. Close does not wait. The connection ends, and Handler.OnClose is called, when
// the peer has answered or after Config.CloseTimeout. Meanwhile received messages are dropped.
//
// code is one that RFC 6455 section 7.4 lets an endpoint send, or 1005 for a close frame without a code. reason is cut to
// 123 bytes. The error is ErrClosed if the connection is closing already, and ErrCode if code must not be sent.
func (c *Conn) Close(code int, reason string) error {
	return c.closing.start(c, CloseStatus{Code: code, Reason: reason})
}

// start is Close with a CloseStatus. The caller does not hold c.mu.
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

// refuse fails the connection (RFC 6455 section 7.1.7): it sends the close frame of why, then FIN. Bytes that
// the peer still sends are read and dropped. An early close(2) would answer them with RST, and the peer might then lose
// the close frame. c.mu is held.
func (cl *closing) refuse(c *Conn, why Refusal) {
	if cl.phase.Load() >= phaseDraining {
		return
	}
	cl.sendRefusal(c, why)
	c.out.finish(c)
}

// receivedClose handles the peer's close frame: it answers the frame, or the frame is the answer to ours. The caller does
// not hold c.mu.
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
		cl.cut(c) // both sides have sent everything; the server closes first (section 7.1.1)
		return
	}
	c.out.finish(c)
}

// sendRefusal counts why and sends its close frame. c.mu is held.
func (cl *closing) sendRefusal(c *Conn, why Refusal) {
	c.engine.refused[why].Add(1)
	info := &Refusals[why]
	cl.sendClose(c, phaseDraining, c.translated(CloseStatus{Code: info.Code, Reason: info.Text}))
}

// translated returns the status with which the engine closes c instead of status. See Closer.
func (c *Conn) translated(status CloseStatus) CloseStatus {
	h, ok := c.handler.(Closer)
	if !ok {
		return status
	}
	if own := h.CloseWith(status); frame.ValidCloseCode(own.Code) {
		return own
	}
	return status
}

// sendClose enters the phase next. Unless that was done before, it starts the close timer and sends the close frame, or a
// Stream's last bytes. c.mu is held.
func (cl *closing) sendClose(c *Conn, next uint32, status CloseStatus) {
	if c.stream != nil {
		next = phaseDraining // an event stream has no answer to a close
	}
	before := cl.phase.Load()
	cl.phase.Store(next)
	if before != phaseOpen {
		return
	}
	c.engine.timers.arm(c, c.engine.timers.now.Load()+ticks(c.engine.cfg.CloseTimeout))
	cl.code = uint16(status.Code)
	c.ResumeReading() // the peer's answer comes after the bytes that wait in the socket
	c.out.uncork(c)
	_ = c.out.writeOrCork(c, lastBytes(c, status)) // on an error the connection is cut already
	if c.out.queued.Load() > 0 {
		c.socket.liftUnsentBound()
	}
	if c.stream != nil {
		c.out.finish(c)
	}
}

// timedOut closes the connection, because its close handshake has taken CloseTimeout, or one second if the reason was
// Silent. pollerTimers.due calls it with c.mu held.
func (cl *closing) timedOut(c *Conn) { cl.cut(c) }

// lastBytes returns the close frame, or the last bytes of a Stream.
func lastBytes(c *Conn, status CloseStatus) []byte {
	if c.stream != nil {
		return c.stream.Last(status)
	}
	return frame.Append(nil, frame.Close, frame.AppendClosePayload(nil, status.Code, status.Reason))
}

// cut closes the socket at once, or as soon as the poller has registered it, and drops the queue. c.mu is held.
//
// The poller closes the descriptor only while it handles an event of c. This is at the end of the turn, or after a
// shutdown(2), which raises the same event as the peer's FIN. At any other time, an event of c could be pending, and a new
// connection could get the same number. The event could then close the new connection. If nbio closes c because one of its
// writes has failed, pollers.closeLater keeps the descriptor open for a while.
func (cl *closing) cut(c *Conn) {
	cl.phase.Store(phaseClosed)
	if c.reader.turn.isRegistered() && !c.reader.turn.closeAtEnd() {
		c.socket.shut(syscall.SHUT_RDWR)
	}
}
