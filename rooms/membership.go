package rooms

import (
	"slices"

	"plenum/rooms/internal/queue"
)

// membership holds a room's members, in segments. It is guarded by Room.mu, except for room.
type membership struct {
	room     *Room      // set at creation
	segments []*segment // each has at least one member, or is about to be dropped
	spare    []*segment // the segments that have room for one more member
	count    int        // members
	viewers  int        // members that read a View
}

// add puts m into a segment. mu is held.
func (b *membership) add(m *Member) {
	s := b.spareSegment()
	m.slot = int32(len(s.members))
	m.segment.Store(s)
	s.members = append(grow(s.members), m)
	if len(s.members) == segmentSize {
		b.withdraw(s)
	}
	b.count++
	b.viewers += m.isViewer()
}

// grow returns s with room for one more element. Its capacity grows in smaller steps than append's, because a small room has
// a few short slices, and their spare capacity is a part of its memory.
func grow[E any](s []E) []E {
	if len(s) < cap(s) {
		return s
	}
	return append(make([]E, 0, len(s)+max(len(s)/4, 4)), s...)
}

// spareSegment returns a segment that has room for one more member. mu is held.
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

// remove removes m from its segment s. The caller must call settle afterwards. mu is held.
func (b *membership) remove(s *segment, m *Member) {
	last := s.members[len(s.members)-1]
	s.members[m.slot] = last
	last.slot = m.slot
	s.members[len(s.members)-1] = nil
	s.members = s.members[:len(s.members)-1]
	b.count--
	b.viewers -= m.isViewer()
}

// settle drops s if its last member has left and no flush is due, or offers it to joining members. If
// s is being flushed, ended is closed at the end of that flush; otherwise it is nil. mu is held.
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

// drop removes an empty segment from the room. mu is held.
func (b *membership) drop(s *segment) {
	s.moveTo(nil)
	s.ready = nil // it holds only members that have left
	last := b.segments[len(b.segments)-1]
	b.segments[s.slot] = last
	last.slot = s.slot
	b.segments[len(b.segments)-1] = nil
	b.segments = b.segments[:len(b.segments)-1]
	b.withdraw(s)
}

// offer adds s to the spare segments. mu is held.
func (b *membership) offer(s *segment) {
	s.spareSlot = len(b.spare)
	b.spare = append(b.spare, s)
}

// withdraw removes s from the spare segments. mu is held.
func (b *membership) withdraw(s *segment) {
	last := b.spare[len(b.spare)-1]
	b.spare[s.spareSlot] = last
	last.spareSlot = s.spareSlot
	b.spare[len(b.spare)-1] = nil
	b.spare = b.spare[:len(b.spare)-1]
}

// wakeMode says how wake wakes the segments.
type wakeMode uint8

const (
	queues wakeMode = iota // they are queued
	inline                 // the first idle one is returned, and the caller must flush it
	holds                  // they stay idle until queueHeld
)

// wake gives the segments whose position was the head something to write, after frames were
// appended, and wakes the idle ones. at and seq are the head of the log before that, as a position
// and a frame number. c is the chunk with the first new frame. published is the argument for
// segment.stamp. If woken, segments were queued; if promised is set, the caller must then call
// Hub.promise. mu is held.
func (b *membership) wake(c *chunk, at int64, seq uint64, published moment, mode wakeMode, promised bool) (small *segment, woken bool) {
	var all queue.Chain[segment]
	for _, s := range b.segments {
		if s.chunk == nil {
			s.moveTo(c)
			s.at, s.seq = at, seq
		}
		if s.since == 0 {
			published = s.stamp(published)
		}
		if s.state != idle || mode == holds {
			continue
		}
		if mode == inline {
			s.state = flushing
			return s, false
		}
		s.state = queued
		all.Prepend(&s.item, len(s.members))
	}
	if all.Empty() {
		return nil, false
	}
	b.room.hub.queue.PushChain(all, promised)
	return nil, true
}

// queueHeld queues the idle segments that have something to write, for the workers. mu is held.
func (b *membership) queueHeld() {
	var held queue.Chain[segment]
	for _, s := range b.segments {
		if s.state == idle && s.chunk != nil {
			s.state = queued
			held.Prepend(&s.item, len(s.members))
		}
	}
	if !held.Empty() {
		b.room.hub.queue.PushChain(held, false)
	}
}

// hasBacklog reports whether a segment, and not only members behind, is more than limit bytes from
// the head. mu is held.
func (b *membership) hasBacklog(limit int64) bool {
	for _, s := range b.segments {
		if s.chunk != nil && b.room.log.head-s.at > limit {
			return true
		}
	}
	return false
}

// flushTooFarBehind queues the idle segments with members that are too far behind, so that a flush
// gives these members up although nothing is published. mu is held.
func (b *membership) flushTooFarBehind() {
	for _, s := range b.segments {
		if s.state == idle && slices.ContainsFunc(s.members, func(m *Member) bool { return m.isTooFarBehind(s.at, b.room.hub.cfg.SlowLag) }) {
			s.flushSoon(nil)
		}
	}
}

// has reports whether a member other than m has the name. mu is held.
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

// visit calls f with the Sink of each member, with no lock held. It misses no member that stays
// during the call. It begins with the last slot, because a dropped segment's slot is taken by the
// last segment.
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

// eachBehind calls f with each member that has a position of its own. It locks mu for one segment
// at a time, and f is called with mu held.
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
