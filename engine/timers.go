package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"plenum/engine/internal/wheel"
)

// tick is the resolution of the engine's clock. The time at which a peer last sent bytes is known with this precision. A
// ping or a deadline may be late by as much.
const tick = 250 * time.Millisecond

// timers is the engine's clock, and one timer per connection. The timer is for the next heartbeat or, after the close
// handshake has begun, for its timeout. The wheel visits a connection only when its timer is due. Receiving bytes costs
// no more than storing the current tick.
type timers struct {
	now atomic.Uint32 // the current tick

	mu    sync.Mutex
	wheel *wheel.Wheel[*Conn]

	fired []*Conn // owned by run
}

// timer is the timer and the heartbeat state of one connection.
type timer struct {
	entry  wheel.Entry // guarded by timers.mu
	pinged uint32      // guarded by Conn.mu: the tick in which the unanswered ping was sent; 0: no ping is unanswered
}

// init makes the wheel, with enough slots for the longest time in cfg, up to 1024.
func (t *timers) init(cfg Config) {
	longest := max(cfg.PingPeriod, cfg.PingTimeout, cfg.CloseTimeout)
	slots := min(ticks(longest)+2, 1<<10)
	t.wheel = wheel.New(int(slots), 0, func(c *Conn) *wheel.Entry { return &c.timer.entry })
}

// ticks converts d to ticks, rounded up.
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

// maxStep bounds how far the clock moves at once, in ticks. If the process was stopped for longer, the pongs of that time
// are still unread in the sockets. Their connections must not be closed as silent before they are read.
const maxStep = 4

// run advances the clock until ctx ends, and calls each with the time of each tick. Serve starts it as a goroutine.
func (t *timers) run(ctx context.Context, each func(now time.Time)) {
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
		each(time.Now())
	}
}

// time returns the current tick as a time for rate limiters. It has no relation to the time of day.
func (t *timers) time() time.Time {
	return time.Time{}.Add(time.Duration(t.now.Load()) * tick)
}

// advance sets the clock to tick now and handles every connection whose timer is due.
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

// due is called when the timer of c has fired.
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
