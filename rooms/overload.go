package rooms

import (
	"errors"
	"time"
)

// ErrOverloaded says that more than half of a room's members cannot keep up, so that a message
// from outside was not taken.
var ErrOverloaded = errors.New("rooms: the room is overloaded: more than half of its members cannot keep up")

// overload is what a room knows of the members that do not keep up. doc.go says how the room is
// judged by it. Guarded by Room.mu.
type overload struct {
	full, trailing, stalled int // members with these marks

	lenient bool       // the room is overloaded, or was until lately
	held    []heldBack // publishers

	watch watching // owned by Hub.watch
}

// counter is where the members with a mark are counted.
func (o *overload) counter(mark uint16) *int {
	switch mark {
	case full:
		return &o.full
	case trailing:
		return &o.trailing
	}
	return &o.stalled
}

// mark sets or clears one of the marks that overload counts. mu is held.
func (r *Room) mark(m *Member, mark uint16, on bool) {
	n := r.overload.counter(mark)
	switch {
	case on && m.marks&mark == 0:
		m.marks |= mark
		*n++
	case !on && m.marks&mark != 0:
		m.marks &^= mark
		*n--
	}
}

// keepsUp takes m out of the members that do not keep up. mu is held.
func (r *Room) keepsUp(m *Member) {
	m.marks &^= wasFull
	r.uncount(m)
	r.mark(m, stalled, false)
}

// uncount takes m out of the members by which the room is judged. mu is held.
func (r *Room) uncount(m *Member) {
	r.mark(m, full, false)
	r.mark(m, trailing, false)
}

// isFull notes that m's socket has not taken a write whole. A member that reads what was kept
// does not count: it says nothing about those that keep up. mu is held.
func (r *Room) isFull(m *Member) {
	if m.marks&recalling == 0 {
		m.marks |= wasFull
		r.mark(m, full, true)
	}
}

// takesBytes notes that m, which is behind, has taken bytes. mu is held.
func (r *Room) takesBytes(m *Member) {
	r.mark(m, stalled, false)
	if m.marks&wasFull != 0 {
		r.mark(m, full, true)
		r.mark(m, trailing, true)
	}
}

// judge decides whether the room's publishers are held back, and whether it is overloaded. Either
// begins above a half, of the members that are not stalled or of Config.SlowLag, and ends at a quarter.
// mu is held.
func (r *Room) judge() {
	o, awake := &r.overload, r.members-r.overload.stalled
	above := func(members int, stands bool) bool { return divisor(stands)*members > awake }
	was, wasOver := r.pressed.Load(), r.overloaded.Load()
	is := above(o.full, was) || r.backlog(r.hub.cfg.SlowLag/int64(divisor(was)))
	over := above(o.trailing, wasOver)
	if is == was && over == wasOver {
		return
	}
	if over != wasOver {
		r.hub.stats.setOverloaded(over)
		o.lenient = true
	}
	r.pressed.Store(is)
	r.overloaded.Store(over)
	r.hub.pressed.add(r)
}

// divisor returns 2 for a judgement that begins above a half, and 4 for one that stands and ends at a
// quarter.
func divisor(stands bool) int {
	if stands {
		return 4
	}
	return 2
}

// backlog tells whether the last segment, and not only members behind, is more than limit bytes
// from the head, give or take a chunk. mu is held.
func (r *Room) backlog(limit int64) bool {
	return r.log.size > limit && r.log.lag(func(c *chunk) bool { return c.segments > 0 }) > limit
}

// spares tells whether m stays although it is too far behind. mu is held.
func (r *Room) spares(m *Member) bool { return r.overload.lenient && m.marks&stalled == 0 }

// overflows tells whether more than crowdedLag bytes wait for members that are spared. mu is held.
func (r *Room) overflows() bool {
	return r.overload.lenient && r.log.lag(func(c *chunk) bool { return c.places > 0 }) > crowdedLag
}

// refuses tells to that r is overloaded, if it is. r may be nil.
func (r *Room) refuses(to Receipt) bool {
	if r == nil || !r.overloaded.Load() {
		return false
	}
	r.hub.stats.heldBack.Add(1)
	failed(to, ErrOverloaded)
	return true
}

// Pauser is a Sink whose client can be kept from speaking for a while. An engine.Conn is one.
type Pauser interface {
	// PauseReading stops reading from the client. It is called within Member.Publish.
	PauseReading()
	// ResumeReading ends a pause. Any goroutine calls it.
	ResumeReading()
}

// heldBack is a publisher that is not read from.
type heldBack struct {
	publisher Pauser
	since     time.Time
}

// holdBack keeps m from speaking while the room is pressed, for holdMost at most.
func (r *Room) holdBack(m *Member) {
	p, ok := m.sink.(Pauser)
	if !ok {
		return
	}
	p.PauseReading()
	r.mu.Lock()
	held := r.pressed.Load()
	if held {
		r.overload.held = append(r.overload.held, heldBack{p, time.Now()})
	}
	r.mu.Unlock()
	if !held {
		p.ResumeReading()
		return
	}
	r.hub.stats.heldBack.Add(1)
}
