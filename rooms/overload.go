package rooms

import (
	"errors"
	"sync/atomic"
)

// ErrOverloaded reports that a message from outside was rejected, because the room is overloaded.
// An overload begins when more than half of the members that are not stalled take bytes and cannot
// keep up. It ends when at most a quarter of them cannot keep up.
var ErrOverloaded = errors.New("rooms: the room is overloaded: too many of its members cannot keep up")

// overload counts the members that do not keep up, and judges the room by them. doc.go has the
// rules.
type overload struct {
	room *Room // set at creation

	// Atomic, written with Room.mu held.
	pressed    atomic.Bool // publishers are paused
	overloaded atomic.Bool // messages from outside are rejected

	// Guarded by Room.mu.
	full, trailing, stalled int32             // number of members with these marks
	lenient                 bool              // members are spared: the room is overloaded, or was until stalledAfter ago
	paused                  []pausedPublisher // in the order in which they were paused

	watch *overloadWatch // owned by pressedRooms.watch; nil if the room is not watched
}

// counter returns the count of members with a mark.
func (o *overload) counter(mark uint16) *int32 {
	switch mark {
	case full:
		return &o.full
	case trailing:
		return &o.trailing
	}
	return &o.stalled
}

// mark sets or clears one of the counted marks. mu is held.
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

// keepsUp notes that m keeps up, or has left: it clears all marks of overload. mu is held.
func (o *overload) keepsUp(m *Member) {
	m.marks &^= wasFull
	o.uncount(m)
	o.mark(m, stalled, false)
}

// uncount notes that m counts neither as full nor as trailing. mu is held.
func (o *overload) uncount(m *Member) {
	o.mark(m, full, false)
	o.mark(m, trailing, false)
}

// isFull notes that m's Sink has not taken a write whole. A replaying member is not counted: its
// speed says nothing about the rate of new messages. mu is held.
func (o *overload) isFull(m *Member) {
	if m.marks&replaying == 0 {
		m.marks |= wasFull
		o.mark(m, full, true)
	}
}

// takesBytes notes that m, which is behind, has taken bytes. If its Sink was full, m counts as full and
// trailing again. mu is held.
func (o *overload) takesBytes(m *Member) {
	o.mark(m, stalled, false)
	if m.marks&wasFull != 0 {
		o.mark(m, full, true)
		o.mark(m, trailing, true)
	}
}

// judge updates pressed and overloaded. Both begin above a half and end at a quarter of the members that
// are not stalled. For the backlog, these are a half and a quarter of Config.SlowLag. mu is held.
func (o *overload) judge() {
	r := o.room
	active := int(r.members.count - o.stalled)
	above := func(members int32, stands bool) bool { return divisor(stands)*int(members) > active }
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

// divisor returns 2 for a state that begins above a half, and 4 for one that has begun and ends at
// a quarter.
func divisor(stands bool) int {
	if stands {
		return 4
	}
	return 2
}

// spares reports whether m keeps its position although it is too far behind. mu is held.
func (o *overload) spares(m *Member) bool { return o.lenient && m.marks&stalled == 0 }

// maxBacklog is the size of a full backlog, in bytes of the log. It bounds the part of the log that
// segments keep and, while members are spared, the part that any reader keeps. Otherwise
// Config.SlowLag bounds the part that members behind keep.
const maxBacklog = 16 << 20

// backlogFull reports whether a segment is more than maxBacklog from the head. If members are spared, any
// reader counts. mu is held.
func (o *overload) backlogFull() bool {
	r := o.room
	return r.log.size > maxBacklog && (r.members.hasBacklog(maxBacklog) || o.overflows())
}

// overflows reports whether members are spared, and any reader is more than maxBacklog from the
// head. mu is held.
func (o *overload) overflows() bool {
	return o.lenient && o.room.log.lag(func(c *chunk) bool { return c.readers > 0 }) > maxBacklog
}

// rejects reports whether the room is overloaded. If the room is, rejects counts the message and passes
// ErrOverloaded to the receipt to, which may be nil.
func (o *overload) rejects(to Receipt) bool {
	if !o.overloaded.Load() {
		return false
	}
	o.room.hub.counters[HeldBack].Add(1)
	failed(to, ErrOverloaded)
	return true
}
