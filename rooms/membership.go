package rooms

import "slices"

// membership holds a room's members, in segments. It is guarded by Room.mu, except for room.
type membership struct {
	room     *Room      // set at creation
	segments []*segment // each has at least one member, or is about to be dropped
	spare    []*segment // the segments that have space for one more member
	rounds   *rounds    // nil until there is something to write while there are several segments
	count    int32      // members
	viewers  int32      // members that read a View
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

// grow returns s with space for one more element. Its capacity grows in smaller steps than append's, because a small room has
// a few short slices, and their spare capacity is a part of its memory.
func grow[E any](s []E) []E {
	if len(s) < cap(s) {
		return s
	}
	return append(make([]E, 0, len(s)+max(len(s)/4, 2)), s...)
}

// spareSegment returns a segment that has space for one more member. mu is held.
func (b *membership) spareSegment() *segment {
	if n := len(b.spare); n > 0 {
		return b.spare[n-1]
	}
	s := &segment{work: work{room: b.room}, at: b.room.log.head, seq: b.room.log.seq, slot: int32(len(b.segments))}
	s.segment, s.item.Of = s, &s.work
	b.segments = append(b.segments, s)
	b.offer(s)
	return s
}

// remove removes m from its segment s. The caller must call settle afterwards. mu is held.
func (b *membership) remove(s *segment, m *Member) {
	if s.state == flushing {
		s.members = slices.Clone(s.members)
	}
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
	if len(b.segments) == 0 && b.rounds != nil {
		b.rounds.abandon()
	}
}

// offer adds s to the spare segments. mu is held.
func (b *membership) offer(s *segment) {
	s.spareSlot = int32(len(b.spare))
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
	inline                 // the only segment, if it is idle, is returned, and the caller must flush it; otherwise as queues
	holds                  // they stay idle until queueHeld
)

// woken is the result of wake, which the caller must handle. Either field may be nil.
type woken struct {
	small *segment // to be flushed inline, with no lock held
	work  *work    // to be pushed to the queue
	size  int      // of work
}

// wake lets the segments be flushed after frames were appended. It takes the same time in every room. at and seq are the
// head of the log before the new frames, as a position and a frame number. c is the chunk with the first new frame.
// published is the argument for segment.stamp. mu is held.
func (b *membership) wake(c *chunk, at int64, seq uint64, published moment, mode wakeMode) woken {
	switch {
	case len(b.segments) == 0:
		return woken{}
	case b.isSmall():
		return b.segments[0].wake(c, at, seq, published, mode)
	}
	b.makeRounds()
	b.rounds.appended(c, at, published)
	if mode == holds {
		return woken{}
	}
	return b.startRound()
}

// isSmall reports whether segments are woken without rounds: there is only one segment, and no round is left from a time
// with several. mu is held.
func (b *membership) isSmall() bool {
	return len(b.segments) == 1 && (b.rounds == nil || b.rounds.isOver())
}

// wake is membership.wake for the only segment of a room. room.mu is held.
func (s *segment) wake(c *chunk, at int64, seq uint64, published moment, mode wakeMode) woken {
	if s.chunk == nil {
		s.moveTo(c)
		s.at, s.seq = at, seq
	}
	if s.since == 0 {
		s.stamp(published)
	}
	if s.state != idle || mode == holds {
		return woken{}
	}
	if mode == inline {
		s.state = flushing
		return woken{small: s}
	}
	s.state = queued
	return woken{work: &s.work, size: len(s.members)}
}

func (b *membership) makeRounds() {
	if b.rounds == nil {
		b.rounds = newRounds(b.room)
	}
}

// startRound starts a round, or lets another one follow the current one. mu is held.
func (b *membership) startRound() woken {
	b.makeRounds()
	if !b.rounds.start() {
		return woken{}
	}
	return woken{work: &b.rounds.work, size: b.rounds.size()}
}

// queueHeld queues the idle segments that have something to write, for the workers. mu is held.
func (b *membership) queueHeld() {
	var w woken
	switch {
	case len(b.segments) == 0:
		return
	case !b.isSmall():
		w = b.startRound()
	case b.segments[0].state == idle && b.segments[0].chunk != nil:
		s := b.segments[0]
		s.state = queued
		w = woken{work: &s.work, size: len(s.members)}
	}
	b.room.hub.push(w, nil)
}

// hasBacklog reports whether a segment, and not only members behind, is more than limit bytes from
// the head. mu is held.
func (b *membership) hasBacklog(limit int64) bool {
	head := b.room.log.head
	c := b.room.log.first
	for c != nil && c.segments == 0 {
		c = c.next
	}
	switch { // no segment has a position before c
	case c == nil || head-c.base <= limit:
		return false
	case head-c.end() > limit:
		return true
	}
	if b.rounds.hasBacklog(limit) {
		return true
	}
	for _, s := range b.segments {
		if s.chunk != nil && head-s.at > limit {
			return true
		}
	}
	return false
}

// flushTooFarBehind queues the idle segments with members that are too far behind, so that a flush
// gives these members up although nothing is published. It locks mu for one segment at a time, because a room may have very
// many. It begins with the last slot, like visit.
func (b *membership) flushTooFarBehind() {
	b.room.mu.Lock()
	slot := len(b.segments)
	b.room.mu.Unlock()
	for slot--; slot >= 0; slot-- {
		b.room.mu.Lock()
		if slot < len(b.segments) {
			b.segments[slot].flushIfTooFarBehind()
		}
		b.room.mu.Unlock()
	}
}

// flushIfTooFarBehind queues s if it is idle and has members that are too far behind. room.mu is held.
func (s *segment) flushIfTooFarBehind() {
	lag := s.room.hub.cfg.SlowLag
	if s.state == idle && slices.ContainsFunc(s.members, func(m *Member) bool { return m.isTooFarBehind(s.at, lag) }) {
		s.flushSoon(nil)
	}
}

// has reports whether a member other than m has the name. mu is held.
func (b *membership) has(name string, m *Member) bool { return b.find(name, m) != nil }

// find returns a member other than m that has the name, and is no Listener. It returns nil if there is none. mu is held.
func (b *membership) find(name string, m *Member) *Member {
	for _, s := range b.segments {
		for _, other := range s.members {
			if other != m && other.sink.Name() == name && !listens(other.sink) {
				return other
			}
		}
	}
	return nil
}

// visit calls f with the Sink of each member, with no lock held. It misses no member that stays
// during the call, but may visit a member twice. It begins with the last slot, because a dropped
// segment's slot is taken by the last segment.
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
// at a time, and f is called with mu held. If a segment is dropped meanwhile, eachBehind may miss the
// members of the last segment, which takes its slot.
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
