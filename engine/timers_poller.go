package engine

import (
	"sync"

	"plenum/engine/internal/wheel"
)

// pollerTimers holds the timers of one poller's connections. It is a job of the poller, which writes the pings.
type pollerTimers struct {
	timers *timers // set at creation

	// Any goroutine may arm and disarm a timer. mu is never held for longer than one call of the wheel, whose work is
	// bounded: see wheel.MaxSteps.
	mu    sync.Mutex
	wheel *wheel.Wheel[*Conn]

	fired [maxFired]*Conn // owned by the poller
	_     [64]byte        // the next poller's fields are in another cache line
}

// maxFired is the number of timers that a poller handles, perhaps with a ping each, before it serves other connections.
const maxFired = 64

func (p *pollerTimers) init(t *timers, slots int) {
	p.timers, p.wheel = t, wheel.New(slots, 0, func(c *Conn) *wheel.Entry { return &c.timer.entry })
}

func (p *pollerTimers) arm(c *Conn, due uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wheel.Arm(c, due)
}

func (p *pollerTimers) disarm(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wheel.Disarm(c)
}

func (p *pollerTimers) armed(c *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.timer.entry.Armed()
}

func (p *pollerTimers) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wheel.Len()
}

// idle reports whether no timer can be due. It moves the wheel to the current tick, or to the first slot that has timers.
func (p *pollerTimers) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, idle := p.wheel.Advance(p.timers.now.Load(), nil)
	return idle
}

// Run handles timers that are due. It returns true if others may be due. The poller calls it.
func (p *pollerTimers) Run() (again bool) {
	fired, done := p.advance()
	for i, c := range fired {
		p.due(c, p.timers.now.Load())
		fired[i] = nil
	}
	return !done
}

// advance moves the wheel towards the current tick, and returns connections whose timer has fired. done reports whether no
// others are due. If the poller was busy for long, advance moves the wheel by at most maxStep, because pongs may be unread.
func (p *pollerTimers) advance() (fired []*Conn, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.timers.now.Load()
	next := min(now, p.wheel.Now()+maxStep)
	fired, done = p.wheel.Advance(next, p.fired[:0])
	return fired, done && next == now
}

// due is called when the timer of c has fired.
func (p *pollerTimers) due(c *Conn, now uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.armed(c) {
		return // the close handshake has begun meanwhile, and its time begins now
	}
	switch c.closing.phase.Load() {
	case phaseClosed:
	case phaseOpen:
		c.engine.heartbeat.beat(c, now)
	default:
		c.closing.timedOut(c)
	}
}
