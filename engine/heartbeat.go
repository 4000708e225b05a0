package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"plenum/codec/frame"
	"plenum/engine/internal/wheel"
)

// tick is the heartbeat's resolution: how coarsely a connection's last sign of
// life is known, and how late a ping or a deadline may be.
const tick = 250 * time.Millisecond

// heartbeat finds the peers that vanished without a FIN, and the close
// handshakes that go unanswered. Receiving costs one store of a tick; the
// wheel looks at a connection only when its slot comes up.
type heartbeat struct {
	// Set at creation, in ticks.
	period, timeout, closeTicks uint32

	now atomic.Uint32 // the tick, stored on each one

	mu    sync.Mutex
	wheel *wheel.Wheel[*Conn]

	fired []*Conn // owned by run
}

// pulse is the heartbeat of one connection.
type pulse struct {
	entry  wheel.Entry // guarded by heartbeat.mu
	pinged uint32      // guarded by Conn.mu: the tick of the ping that waits for an answer; 0: none
}

// init takes its times from cfg.
func (h *heartbeat) init(cfg Config) {
	h.timeout, h.closeTicks = ticks(cfg.PingTimeout), ticks(cfg.CloseTimeout)
	if cfg.PingPeriod > 0 {
		h.period = ticks(cfg.PingPeriod)
	}
	slots := min(max(h.period, h.timeout, h.closeTicks)+2, 1<<10)
	h.wheel = wheel.New(int(slots), 0, func(c *Conn) *wheel.Entry { return &c.pulse.entry })
}

func ticks(d time.Duration) uint32 { return uint32((d + tick - 1) / tick) }

func (h *heartbeat) arm(c *Conn, due uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wheel.Arm(c, due)
}

func (h *heartbeat) disarm(c *Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wheel.Disarm(c)
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
		h.arm(c, now+1+uint32(c.socket.nb.Hash())%ticks(c.stream.Period)) // those that come together beat apart
	case h.period > 0:
		h.arm(c, h.pingAt(c, now))
	}
}

// maxStep bounds how far the clock moves at once, in ticks. Where the process was
// stopped for longer, the answers of that time lie unread in the sockets, and
// their connections must not be found silent before they are read.
const maxStep = 4

// run is the engine's clock: a goroutine that ends with ctx.
func (h *heartbeat) run(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		passed := time.Since(last) / tick
		last = last.Add(passed * tick)
		h.advance(h.now.Load() + uint32(min(passed, maxStep)))
	}
}

// time is the tick that is now, for a rate limiter.
func (h *heartbeat) time() time.Time {
	return time.Time{}.Add(time.Duration(h.now.Load()) * tick)
}

// advance handles every connection that is due by tick now.
func (h *heartbeat) advance(now uint32) {
	h.now.Store(now)
	h.mu.Lock()
	h.fired = h.wheel.Advance(now, h.fired[:0])
	h.mu.Unlock()
	for i, c := range h.fired {
		h.due(c, now)
		h.fired[i] = nil
	}
}

// due is called when c's slot has come up: its close handshake is over time, or
// it may be time for a ping.
func (h *heartbeat) due(c *Conn, now uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing.phase.Load() == phaseClosed:
	case c.closing.phase.Load() != phaseOpen:
		c.closing.cut(c)
	case c.stream != nil:
		h.beatStream(c, now)
	case c.reader.turn.paused(): // its pong may be among the bytes that wait
		h.arm(c, now+ticks(time.Second))
	default:
		h.beatWebSocket(c, now)
	}
}

// beatWebSocket pings c, if it has been silent for long, or ends it if it has not answered. c.mu is held.
func (h *heartbeat) beatWebSocket(c *Conn, now uint32) {
	heard := c.reader.heard.Load()
	if c.pulse.pinged != 0 && heard < c.pulse.pinged {
		h.endSilent(c, now)
		return
	}
	c.pulse.pinged = 0
	if at := h.pingAt(c, heard); now < at {
		h.arm(c, at)
		return
	}
	c.pulse.pinged = now
	c.engine.counters[Pings].Add(1)
	if c.out.writeOrCork(c, pingFrame) == nil {
		h.arm(c, now+h.timeout)
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
	h.arm(c, now+ticks(time.Second))
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
	h.arm(c, now+ticks(c.stream.Period))
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
