package rooms

import (
	"slices"

	"plenum/rooms/internal/queue"
)

// membership is a room's members, in segments. Guarded by Room.mu, but for room.
type membership struct {
	room     *Room      // set at creation
	segments []*segment // each with at least one member, or about to be removed
	spare    []*segment // those of segments that have room for one more
	count    int        // members
	viewers  int        // members that read another view
}

// add puts m into a segment. mu is held.
func (b *membership) add(m *Member) {
	s := b.spareSegment()
	m.slot = int32(len(s.members))
	m.segment.Store(s)
	s.members = append(s.members, m)
	if len(s.members) == segmentSize {
		b.withdraw(s)
	}
	b.count++
	b.viewers += m.isViewer()
}

// roomiest returns a segment that can take one more. mu is held.
func (b *membership) spareSegment() *segment {
	if n := len(b.spare); n > 0 {
		return b.spare[n-1]
	}
	s := &segment{room: b.room, at: b.room.log.head, seq: b.room.log.seq, slot: len(b.segments)}
	s.item.Of = s
	b.segments = append(b.segments, s)
	b.offer(s)
	return s
}

// remove takes m out of its segment s. The caller then calls settle. mu is held.
func (b *membership) remove(s *segment, m *Member) {
	last := s.members[len(s.members)-1]
	s.members[m.slot] = last
	last.slot = m.slot
	s.members[len(s.members)-1] = nil
	s.members = s.members[:len(s.members)-1]
	b.count--
	b.viewers -= m.isViewer()
}

// settle drops s if its last member has left, or offers it to joiners. If s is being flushed, ended is
// closed at the end of that, else it is nil. mu is held.
func (b *membership) settle(s *segment) (ended <-chan struct{}) {
	if s.state == flushing {
		ended = s.whenEnded()
	}
	switch {
	case len(s.members) == 0 && s.state == idle:
		b.drop(s)
	case len(s.members) == segmentSize-1:
		b.offer(s)
	}
	return ended
}

// drop takes an empty segment out of the room. mu is held.
func (b *membership) drop(s *segment) {
	s.moveTo(nil)
	s.ready = nil // of members that have left, and so have no position
	last := b.segments[len(b.segments)-1]
	b.segments[s.slot] = last
	last.slot = s.slot
	b.segments[len(b.segments)-1] = nil
	b.segments = b.segments[:len(b.segments)-1]
	b.withdraw(s)
}

// offer makes s one that joiners fill up. mu is held.
func (b *membership) offer(s *segment) {
	s.spareSlot = len(b.spare)
	b.spare = append(b.spare, s)
}

// withdraw is offer's reverse. mu is held.
func (b *membership) withdraw(s *segment) {
	last := b.spare[len(b.spare)-1]
	b.spare[s.spareSlot] = last
	last.spareSlot = s.spareSlot
	b.spare[len(b.spare)-1] = nil
	b.spare = b.spare[:len(b.spare)-1]
}

// wake wakes the segments whose position is at, behind message seq, which was the log's head and is
// where c, or what was written to it, begins. If inline, it returns the first idle segment, which the
// caller is to flush. mu is held.
func (b *membership) wake(c *chunk, at int64, seq uint64, published moment, inline bool) (small *segment) {
	var woken queue.Chain[segment]
	for _, s := range b.segments {
		if s.chunk == nil {
			s.moveTo(c)
			s.at, s.seq = at, seq
		}
		if s.since == 0 {
			published = s.stamp(published)
		}
		if s.state != idle {
			continue
		}
		if inline {
			s.state = flushing
			return s
		}
		s.state = queued
		woken.Prepend(&s.item)
	}
	if !woken.Empty() {
		b.room.hub.queue.PushChain(woken, len(b.segments))
	}
	return nil
}

// lag tells whether a segment, and not only members that are behind, is more than limit bytes from the
// head. mu is held.
func (b *membership) hasBacklog(limit int64) bool {
	for _, s := range b.segments {
		if s.chunk != nil && b.room.log.head-s.at > limit {
			return true
		}
	}
	return false
}

// review has a flush look at the members that are too far behind, also if nothing is
// published. mu is held.
func (b *membership) flushTooFarBehind() {
	for _, s := range b.segments {
		if s.state == idle && slices.ContainsFunc(s.members, func(m *Member) bool { return m.isTooFarBehind(s.at, b.room.hub.cfg.SlowLag) }) {
			s.flushSoon()
		}
	}
}

// has tells whether a member other than m has the name. mu is held.
func (b *membership) has(name string, m *Member) bool {
	for _, s := range b.segments {
		for _, other := range s.members {
			if other != m && other.sink.Name() == name && !listens(other.sink) {
				return true
			}
		}
	}
	return false
}

// visit calls f with the sink of every member that is here all the while, with no lock
// held. Segments that go leave their slot to the last one: so it begins there.
func (b *membership) visit(f func(s Sink)) {
	b.room.mu.Lock()
	slot := len(b.segments)
	b.room.mu.Unlock()
	var sinks []Sink
	for slot--; slot >= 0; slot-- {
		b.room.mu.Lock()
		sinks = sinks[:0]
		if slot < len(b.segments) {
			for _, m := range b.segments[slot].members {
				sinks = append(sinks, m.sink)
			}
		}
		b.room.mu.Unlock()
		for _, s := range sinks {
			f(s)
		}
	}
}

// eachBehind calls f with each member that has a position of its own, a segment at a time, with mu held.
func (b *membership) eachBehind(f func(m *Member)) {
	for i := 0; ; i++ {
		b.room.mu.Lock()
		if i >= len(b.segments) {
			b.room.mu.Unlock()
			return
		}
		for _, m := range b.segments[i].members {
			if m.behind && m.chunk != nil {
				f(m)
			}
		}
		b.room.mu.Unlock()
	}
}
