package rooms

import (
	"math"

	"plenum/codec/frame"
)

// evicted is the position of a member that is being closed as too slow. At this position the member
// is never too far behind, so it is closed once.
const evicted = math.MaxInt64

// isTooFarBehind reports whether m has a position of its own, more than limit bytes before position at.
func (m *Member) isTooFarBehind(at, limit int64) bool {
	return m.behind && m.at >= 0 && at-m.at > limit
}

// fallBehind gives a member whose write was cut a position of its own, in c. room.mu is held.
func (s *segment) fallBehind(a attempt, c *chunk) {
	m := a.member
	if m.marks&left != 0 {
		return
	}
	m.behind, m.at, m.chunk = true, a.at, c
	s.room.overload.isFull(m)
	s.room.hub.counters[MembersBehind].Add(1)
	c.readers++
	if m.marks&drained != 0 { // perhaps after its write was cut
		s.makeReady(m)
	}
}

// catchUp updates the position of a member that was written from its own. If the member has reached
// the segment's position, it shares that again. Otherwise another flush writes it: the next one, or if
// the Sink is full, the first one after Member.Drained. room.mu is held.
func (s *segment) catchUp(a attempt) {
	m := a.member
	m.marks &^= retrying
	s.room.log.countViews(m.chunk)
	if m.marks&left != 0 {
		m.leaveChunk()
		return
	}
	if a.missed > 0 {
		s.rejoin(a)
		return
	}
	took := a.at > m.at
	m.at = a.at
	if m.at == m.chunk.end() {
		next := m.chunk.next
		m.leaveChunk()
		if next != nil {
			m.chunk = next
			next.readers++
		}
	}
	if m.at >= s.at { // or after it, if m joined or resumed while frames were waiting
		m.behind = false
		m.marks &^= replaying
		s.room.overload.keepsUp(m)
		s.room.hub.counters[MembersBehind].Add(-1)
		m.leaveChunk()
		return
	}
	if a.full {
		s.room.overload.isFull(m)
	}
	if took {
		s.room.overload.takesBytes(m)
	}
	if !a.full || m.marks&drained != 0 {
		s.makeReady(m)
	}
}

// giveUp takes the position from a member that is too far behind. It does nothing and returns false if
// the member has left, has caught up meanwhile, reads retained messages, or is spared. If skip is true,
// the member goes on at the head after it has drained. Otherwise the caller must close it. room.mu is
// held.
func (s *segment) giveUp(m *Member, lag int64, skip bool) bool {
	if m.marks&left != 0 || !m.isTooFarBehind(s.at, lag) || m.marks&replaying != 0 && s.room.history.stillKeeps(m) || s.room.overload.spares(m) {
		return false
	}
	s.room.overload.uncount(m)
	if skip {
		m.marks |= skipping
		m.at = -int64(m.chunk.seqAt(m.at))
	} else {
		m.at = evicted
	}
	m.leaveChunk()
	return true
}

// rejoin lets a member that was sent its gap share the segment's position again. room.mu is held.
func (s *segment) rejoin(a attempt) {
	m := a.member
	switch {
	case !a.full:
		m.marks &^= skipping | replaying
		m.at, m.behind = a.at, false
		s.room.overload.keepsUp(m)
		s.room.hub.counters[MembersBehind].Add(-1)
	case m.marks&drained != 0:
		s.makeReady(m)
	}
}

// makeReady lets the next flush write m. room.mu is held.
func (s *segment) makeReady(m *Member) {
	m.marks |= inReady
	if s.ready == nil {
		s.ready = new([]*Member)
	}
	*s.ready = append(*s.ready, m)
}

// hasReady reports whether the next flush writes members from their own positions. room.mu is held.
func (s *segment) hasReady() bool { return s.ready != nil && len(*s.ready) > 0 }

// closeSlow closes members that are too far behind. No lock is held.
func (s *segment) closeSlow(members []*Member) {
	for _, m := range members {
		if m.sink.Close(frame.CloseTryAgain, "Too slow") == nil { // otherwise it is closing for another reason
			s.room.hub.counters[Evictions].Add(1)
		}
	}
}
