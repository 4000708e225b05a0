package rooms

import (
	"errors"
	"sync/atomic"
)

// ErrOverloaded says that more than half of a room's members cannot keep up, so that a message
// from outside was not taken.
var ErrOverloaded = errors.New("rooms: the room is overloaded: more than half of its members cannot keep up")

// overload is what a room knows of the members that do not keep up. doc.go says how the room is
// judged by it.
type overload struct {
	room *Room // set at creation

	// Atomic, written with Room.mu held.
	pressed    atomic.Bool // publishers are paused
	overloaded atomic.Bool // members that are too far behind are spared

	// Guarded by Room.mu.
	full, trailing, stalled int               // members with these marks
	lenient                 bool              // the room is overloaded, or was until lately
	paused                  []pausedPublisher // in the order in which they were paused

	watch overloadWatch // owned by pressedRooms.watch
}

// counter returns the count of the members with a mark.
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
func (o *overload) mark(m *Member, mark uint16, on bool) {
	n := o.counter(mark)
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
func (o *overload) keepsUp(m *Member) {
	m.marks &^= wasFull
	o.uncount(m)
	o.mark(m, stalled, false)
}

// uncount takes m out of the members by which the room is judged. mu is held.
func (o *overload) uncount(m *Member) {
	o.mark(m, full, false)
	o.mark(m, trailing, false)
}

// isFull notes that m's socket has not taken a write whole. A member that reads a replay
// does not count: it says nothing about the members that keep up. mu is held.
func (o *overload) isFull(m *Member) {
	if m.marks&replaying == 0 {
		m.marks |= wasFull
		o.mark(m, full, true)
	}
}

// takesBytes notes that m, which is behind, has taken bytes. mu is held.
func (o *overload) takesBytes(m *Member) {
	o.mark(m, stalled, false)
	if m.marks&wasFull != 0 {
		o.mark(m, full, true)
		o.mark(m, trailing, true)
	}
}

// judge decides whether the room's publishers are paused, and whether the room is overloaded. Either
// begins above a half, of the members that are not stalled or of Config.SlowLag, and ends at a quarter.
// mu is held.
func (o *overload) judge() {
	r := o.room
	active := r.members.count - o.stalled
	above := func(members int, stands bool) bool { return divisor(stands)*members > active }
	was, wasOver := o.pressed.Load(), o.overloaded.Load()
	is := above(o.full, was) || r.log.hasBacklog(r.hub.cfg.SlowLag/int64(divisor(was)))
	over := above(o.trailing, wasOver)
	if is == was && over == wasOver {
		return
	}
	if over != wasOver {
		r.hub.counters.overloaded(over)
		o.lenient = true
	}
	o.pressed.Store(is)
	o.overloaded.Store(over)
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

// spares tells whether m stays although it is too far behind. mu is held.
func (o *overload) spares(m *Member) bool { return o.lenient && m.marks&stalled == 0 }

// maxBacklog is how many bytes of the log may wait for members that read fast
// enough, before a room takes no more messages. It bounds the log; for those
// that read slowly Config.SlowLag does.
const maxBacklog = 16 << 20

// backlogFull tells whether some segment, and not only members that are behind, is more than maxBacklog
// from the head, or in an overloaded room any member that is spared. mu is held.
func (o *overload) backlogFull() bool {
	r := o.room
	return r.log.size > maxBacklog && (r.members.hasBacklog(maxBacklog) || o.overflows())
}

// overflows tells whether more than maxBacklog bytes wait for members that are spared. mu is held.
func (o *overload) overflows() bool {
	return o.lenient && o.room.log.lag(func(c *chunk) bool { return c.readers > 0 }) > maxBacklog
}

// refuses tells to that the room is overloaded, if it is.
func (o *overload) rejects(to Receipt) bool {
	if !o.overloaded.Load() {
		return false
	}
	o.room.hub.counters[HeldBack].Add(1)
	failed(to, ErrOverloaded)
	return true
}
