package engine

import (
	"time"

	"plenum/codec/frame"
)

// heartbeat finds the peers that vanished without a FIN. A WebSocket is pinged if nothing was heard of its
// peer for long; a Stream is sent its beat.
type heartbeat struct {
	// Set at creation.
	period, timeout uint32 // in ticks; period 0: nobody is pinged
}

// init takes its times from cfg.
func (h *heartbeat) init(cfg Config) {
	h.timeout = ticks(cfg.PingTimeout)
	if cfg.PingPeriod > 0 {
		h.period = ticks(cfg.PingPeriod)
	}
}

// together is how many ticks' pings go out at once, where the period is long. Each
// burst of pings and pongs keeps the Go runtime's monitor awake for some
// milliseconds after it, which with 19,000 idle connections cost as much as half
// of the pings did: one a second instead of four takes a fifth off.
const together = 4

// pingAt is the tick at which c is pinged, where it was heard last at tick heard:
// the period later, less up to a quarter, by descriptor, so that connections which
// came together are not pinged together.
func (h *heartbeat) pingAt(c *Conn, heard uint32) uint32 {
	phase := uint32(c.socket.nb.Hash()) * 0x9E3779B1 >> 16 // Fibonacci hashing
	early, step := h.period/4, uint32(1)
	if early >= together {
		early, step = early-(together-1), together
	}
	at := heard + h.period - uint32(uint64(early)*uint64(phase)>>16)
	return at - at%step
}

// watch begins c's heartbeat. c.mu is held.
func (h *heartbeat) watch(c *Conn, now uint32) {
	switch {
	case c.stream != nil:
		c.engine.timers.arm(c, now+1+uint32(c.socket.nb.Hash())%ticks(c.stream.Period)) // those that come together beat apart
	case h.period > 0:
		c.engine.timers.arm(c, h.pingAt(c, now))
	}
}

// beat is called when it may be time for a ping of c, or for its Stream's beat. c.mu is held.
func (h *heartbeat) beat(c *Conn, now uint32) {
	switch {
	case c.stream != nil:
		h.beatStream(c, now)
	case c.reader.turn.paused(): // its pong may be among the bytes that wait
		c.engine.timers.arm(c, now+ticks(time.Second))
	default:
		h.beatWebSocket(c, now)
	}
}

// beatWebSocket pings c, if it has been silent for long, or ends it if it has not answered. c.mu is held.
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
	c.engine.counters[Pings].Add(1)
	if c.out.writeOrCork(c, pingFrame) == nil {
		c.engine.timers.arm(c, now+h.timeout)
	}
}

var pingFrame = frame.Append(nil, frame.Ping, nil)

// endSilent ends a connection whose peer did not answer. Nobody waits for its answer to the close frame. But if
// the close frame is behind bytes that the socket did not take, the poller
// has a second to hand it to the kernel. c.mu is held.
func (h *heartbeat) endSilent(c *Conn, now uint32) {
	c.closing.sendRefusal(c, Silent)
	if c.out.queued.Load() == 0 {
		c.closing.cut(c)
		return
	}
	c.out.finish(c)
	c.engine.timers.arm(c, now+ticks(time.Second))
}

// beatStream sends the beat, unless something waits to be sent anyway, and ends the
// connection if its peer has vanished. c.mu is held.
func (h *heartbeat) beatStream(c *Conn, now uint32) {
	if h.vanished(c) {
		c.engine.refused[Silent].Add(1)
		c.closing.cut(c)
		return
	}
	if c.out.queued.Load() == 0 {
		_ = c.out.writeOrCork(c, c.stream.Beat) // a failure has cut it off already
	}
	c.engine.timers.arm(c, now+ticks(c.stream.Period))
}

// vanished tells whether the peer of a Stream has not acknowledged for PingTimeout the bytes that it was sent, or
// the probes of a window that is closed. A peer that only does not read acknowledges these. c.mu is held.
func (h *heartbeat) vanished(c *Conn) bool {
	if h.period == 0 {
		return false
	}
	info := c.socket.tcpInfo()
	return info != nil && (info.Unacked > 0 || info.Probes > 0) &&
		time.Duration(info.Last_ack_recv)*time.Millisecond > c.engine.cfg.PingTimeout
}
