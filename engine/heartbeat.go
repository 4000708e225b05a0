package engine

import (
	"time"

	"plenum/codec/frame"
)

// heartbeat detects peers that have vanished without a FIN. It pings a WebSocket whose peer has sent nothing for the
// period, and sends the beat of a Stream.
type heartbeat struct {
	// Set at creation.
	period, timeout uint32 // in ticks; period 0: no pings
}

// init sets the times from cfg.
func (h *heartbeat) init(cfg Config) {
	h.timeout = ticks(cfg.PingTimeout)
	if cfg.PingPeriod > 0 {
		h.period = ticks(cfg.PingPeriod)
	}
}

// pingBatch is the number of ticks whose pings are sent in one burst, if the period is long enough. Each burst of pings
// and pongs keeps the Go runtime's monitor awake for some milliseconds. With 19,000 idle connections, that costs half as
// much as the pings themselves. One burst per second instead of four saves a fifth.
const pingBatch = 4

// pingAt returns the tick at which c is due to be pinged. heard is the tick in which its peer last sent bytes. The result
// is one period after heard, minus up to a quarter of the period, which depends on the descriptor. So connections that
// were opened together are not pinged together. If the period is long enough, the result is a multiple of pingBatch.
func (h *heartbeat) pingAt(c *Conn, heard uint32) uint32 {
	phase := uint32(c.socket.nb.Hash()) * 0x9E3779B1 >> 16 // Fibonacci hashing
	early, step := h.period/4, uint32(1)
	if early >= pingBatch {
		early, step = early-(pingBatch-1), pingBatch
	}
	at := heard + h.period - uint32(uint64(early)*uint64(phase)>>16)
	return at - at%step
}

// start arms the timer of c for its first ping or beat. c.mu is held.
func (h *heartbeat) start(c *Conn, now uint32) {
	switch {
	case c.stream != nil:
		c.engine.timers.arm(c, now+1+uint32(c.socket.nb.Hash())%ticks(c.stream.Period)) // spreads the beats of Streams opened together
	case h.period > 0:
		c.engine.timers.arm(c, h.pingAt(c, now))
	}
}

// beat is called when the timer of c has fired while c is open. c.mu is held.
func (h *heartbeat) beat(c *Conn, now uint32) {
	switch {
	case c.stream != nil:
		h.beatStream(c, now)
	case c.reader.turn.paused(): // the peer's pong may be among the bytes that wait
		c.engine.timers.arm(c, now+ticks(time.Second))
	default:
		h.beatWebSocket(c, now)
	}
}

// beatWebSocket pings c if its peer has been silent for the period, and closes c if a ping was not answered in time. c.mu
// is held.
func (h *heartbeat) beatWebSocket(c *Conn, now uint32) {
	heard := c.reader.heard.Load()
	if c.timer.pinged != 0 && heard < c.timer.pinged {
		h.endSilent(c, now)
		return
	}
	c.timer.pinged = 0
	if at := h.pingAt(c, heard); now < at {
		c.engine.timers.arm(c, at)
		return
	}
	c.timer.pinged = now
	c.counters().counts[Pings].Add(1)
	if c.out.writeOrCork(c, pingFrame) == nil {
		c.engine.timers.arm(c, now+h.timeout)
	}
}

var pingFrame = frame.Append(nil, frame.Ping, nil)

// endSilent closes a connection whose peer did not answer a ping. It does not wait for the peer's close frame. If bytes
// are queued before our close frame, the poller has one second to pass them to the kernel. c.mu is held.
func (h *heartbeat) endSilent(c *Conn, now uint32) {
	c.closing.sendRefusal(c, Silent)
	if c.out.queued.Load() == 0 {
		c.closing.cut(c)
		return
	}
	c.out.finish(c)
	c.engine.timers.arm(c, now+ticks(time.Second))
}

// beatStream sends the beat, unless bytes are queued already, and cuts the connection if its peer has vanished. c.mu is
// held.
func (h *heartbeat) beatStream(c *Conn, now uint32) {
	if h.vanished(c) {
		c.engine.refused[Silent].Add(1)
		c.closing.cut(c)
		return
	}
	if c.out.queued.Load() == 0 {
		_ = c.out.writeOrCork(c, c.stream.Beat) // on an error the connection is cut already
	}
	c.engine.timers.arm(c, now+ticks(c.stream.Period))
}

// vanished reports whether the peer of a Stream has acknowledged nothing for PingTimeout, although it was sent bytes or
// zero-window probes. A peer that is alive but does not read acknowledges the probes. c.mu is held.
func (h *heartbeat) vanished(c *Conn) bool {
	if h.period == 0 {
		return false
	}
	info := c.socket.tcpInfo()
	return info != nil && (info.Unacked > 0 || info.Probes > 0) &&
		time.Duration(info.Last_ack_recv)*time.Millisecond > c.engine.cfg.PingTimeout
}
