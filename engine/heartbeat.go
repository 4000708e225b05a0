package engine

import (
	"context"
	"sync"
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

	mu    sync.Mutex
	wheel *wheel.Wheel[*Conn]

	fired []*Conn // owned by the beat goroutine
}

func newHeartbeat(cfg Config) *heartbeat {
	h := &heartbeat{timeout: ticks(cfg.PingTimeout), closeTicks: ticks(cfg.CloseTimeout)}
	if cfg.PingPeriod > 0 {
		h.period = ticks(cfg.PingPeriod)
	}
	slots := min(max(h.period, h.timeout, h.closeTicks)+2, 1<<10)
	h.wheel = wheel.New[*Conn](int(slots), 0)
	return h
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
	phase := uint32(c.raw.Hash()) * 0x9E3779B1 >> 16 // Fibonacci hashing
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
		h.arm(c, now+1+uint32(c.raw.Hash())%ticks(c.stream.Period)) // those that come together beat apart
	case h.period > 0:
		h.arm(c, h.pingAt(c, now))
	}
}

// maxStep bounds how far the clock moves at once, in ticks. Where the process was
// stopped for longer, the answers of that time lie unread in the sockets, and
// their connections must not be found silent before they are read.
const maxStep = 4

// beat is the engine's clock: a goroutine that ends with ctx.
func (e *Engine) beat(ctx context.Context) {
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
		e.advance(e.now.Load() + uint32(min(passed, maxStep)))
	}
}

// advance handles every connection that is due by tick now.
func (e *Engine) advance(now uint32) {
	h := e.beats
	e.now.Store(now)
	h.mu.Lock()
	h.fired = h.wheel.Advance(now, h.fired[:0])
	h.mu.Unlock()
	for i, c := range h.fired {
		c.due(now)
		h.fired[i] = nil
	}
}

// due is called when c's slot has come up: its close handshake is over time, or
// its silence is to be looked at.
func (c *Conn) due(now uint32) {
	h := c.engine.beats
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Load() == closed {
		return
	}
	if c.phase.Load() != open {
		c.cutLocked()
		return
	}
	if c.stream != nil {
		c.beatStream(now)
		return
	}
	if c.turn.Load()&paused != 0 { // its pong may be among the bytes that wait
		h.arm(c, now+ticks(time.Second))
		return
	}
	heard := c.heard.Load()
	if c.pinged != 0 && heard < c.pinged {
		c.silent(now)
		return
	}
	c.pinged = 0
	if at := h.pingAt(c, heard); now < at {
		h.arm(c, at)
		return
	}
	c.pinged = now
	c.engine.stats.pings.Add(1)
	if c.put(pingFrame) == nil {
		h.arm(c, now+h.timeout)
	}
}

var pingFrame = frame.Append(nil, frame.Ping, nil)

// silent ends a connection whose peer did not answer, and nobody waits for an answer
// now: but where the close frame waits behind what the socket did not take, the poller
// has a second to hand it to the kernel. mu is held.
func (c *Conn) silent(now uint32) {
	c.sayFault(Silent)
	if c.queued.Load() == 0 {
		c.cutLocked()
		return
	}
	c.shutWhenDrained()
	c.engine.beats.arm(c, now+ticks(time.Second))
}
