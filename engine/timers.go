package engine

import (
	"context"
	"sync/atomic"
	"time"

	"plenum/engine/internal/mailbox"
	"plenum/engine/internal/wheel"
)

// tick is the resolution of the engine's clock. The time at which a peer last sent bytes is known with this precision. A
// ping or a deadline may be late by as much.
const tick = 250 * time.Millisecond

// timers is the engine's clock, and one timer per connection. The timer is for the next heartbeat or, after the close
// handshake has begun, for its timeout. Each poller keeps the timers of its connections, and visits a connection only
// when its timer is due. Receiving bytes costs no more than storing the current tick.
type timers struct {
	now atomic.Uint32 // the current tick

	// Set at creation.
	engine *Engine
	wheels []pollerTimers // one per poller
}

// timer is the timer and the heartbeat state of one connection.
type timer struct {
	entry  wheel.Entry // guarded by the mu of its poller's timers
	pinged uint32      // guarded by Conn.mu: the tick in which the unanswered ping was sent; 0: no ping is unanswered
}

// init makes the wheels of e, with enough slots for the longest time in its Config, up to 1024.
func (t *timers) init(e *Engine) {
	t.engine, t.wheels = e, make([]pollerTimers, e.cfg.Pollers)
	longest := max(e.cfg.PingPeriod, e.cfg.PingTimeout, e.cfg.CloseTimeout)
	slots := min(ticks(longest)+2, 1<<10)
	for i := range t.wheels {
		t.wheels[i].init(t, int(slots))
	}
}

// ticks converts d to ticks, rounded up.
func ticks(d time.Duration) uint32 { return uint32((d + tick - 1) / tick) }

// arm sets the timer of c to tick due. c.mu is held.
func (t *timers) arm(c *Conn, due uint32) { t.of(c).arm(c, due) }

func (t *timers) disarm(c *Conn) { t.of(c).disarm(c) }

// armed reports whether the timer of c is armed. The caller does not hold c.mu.
func (t *timers) armed(c *Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket.nb != nil && t.of(c).armed(c)
}

// of returns the timers of the poller of c. If c is not registered yet, that is the poller which it will get.
func (t *timers) of(c *Conn) *pollerTimers { return &t.wheels[t.engine.pollers.of(c.socket.nb)] }

// len returns the number of armed timers.
func (t *timers) len() (n int) {
	for i := range t.wheels {
		n += t.wheels[i].len()
	}
	return n
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
		t.now.Add(uint32(min(passed, maxStep)))
		t.wake(t.engine.pollers.mailboxes)
		each(time.Now())
	}
}

// wake makes each poller handle its timers that are due. A poller without any is not woken.
func (t *timers) wake(pollers []*mailbox.Mailbox) {
	for i, m := range pollers {
		if p := &t.wheels[i]; !p.idle() {
			m.AfterTurn(p)
		}
	}
}

// time returns the current tick as a time for rate limiters. It has no relation to the time of day.
func (t *timers) time() time.Time {
	return time.Time{}.Add(time.Duration(t.now.Load()) * tick)
}
