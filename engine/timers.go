package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"plenum/engine/internal/wheel"
)

// tick is the resolution of the engine's clock: how coarsely a connection's last sign of
// life is known, and how late a ping or a deadline may be.
const tick = 250 * time.Millisecond

// timers are the engine's clock and one timer per connection, for the next heartbeat or, once the close handshake
// has begun, for its end. The wheel looks at a connection only when its slot comes up. Receiving costs one store of a tick.
type timers struct {
	now atomic.Uint32 // the tick, stored on each one

	mu    sync.Mutex
	wheel *wheel.Wheel[*Conn]

	fired []*Conn // owned by run
}

// timer is the timer of one connection, and what its heartbeat remembers.
type timer struct {
	entry  wheel.Entry // guarded by timers.mu
	pinged uint32      // guarded by Conn.mu: the tick of the ping that waits for an answer; 0: none
}

// init makes the wheel for the times of cfg.
func (t *timers) init(cfg Config) {
	longest := max(cfg.PingPeriod, cfg.PingTimeout, cfg.CloseTimeout)
	slots := min(ticks(longest)+2, 1<<10)
	t.wheel = wheel.New(int(slots), 0, func(c *Conn) *wheel.Entry { return &c.timer.entry })
}

func ticks(d time.Duration) uint32 { return uint32((d + tick - 1) / tick) }

func (t *timers) arm(c *Conn, due uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wheel.Arm(c, due)
}

func (t *timers) disarm(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wheel.Disarm(c)
}

// maxStep bounds how far the clock moves at once, in ticks. Where the process was
// stopped for longer, the answers of that time lie unread in the sockets, and
// their connections must not be found silent before they are read.
const maxStep = 4

// run is the engine's clock: a goroutine that ends with ctx.
func (t *timers) run(ctx context.Context) {
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
		t.advance(t.now.Load() + uint32(min(passed, maxStep)))
	}
}

// time is the tick that is now, for a rate limiter.
func (t *timers) time() time.Time {
	return time.Time{}.Add(time.Duration(t.now.Load()) * tick)
}

// advance handles every connection that is due by tick now.
func (t *timers) advance(now uint32) {
	t.now.Store(now)
	t.mu.Lock()
	t.fired = t.wheel.Advance(now, t.fired[:0])
	t.mu.Unlock()
	for i, c := range t.fired {
		t.due(c, now)
		t.fired[i] = nil
	}
}

// due is called when c's slot has come up.
func (t *timers) due(c *Conn, now uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.closing.phase.Load() {
	case phaseClosed:
	case phaseOpen:
		c.engine.heartbeat.beat(c, now)
	default:
		c.closing.timedOut(c)
	}
}
