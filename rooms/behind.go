package rooms

import "math"

// closing is the place of a member that is closed for being too far behind: it never
// is again.
const closing = math.MaxInt64

// fallBehind gives a member whose write was cut a place of its own, in c.
func (s *segment) fallBehind(a attempt, c *chunk) {
	m := a.member
	if m.marks&left != 0 {
		return
	}
	m.behind, m.at, m.chunk = true, a.at, c
	s.room.overload.isFull(m)
	s.room.hub.counters[MembersBehind].Add(1)
	c.places++
	if m.marks&drained != 0 { // it drained before we came here
		s.makeReady(m)
	}
}

// catchUp moves a member that was tried from its own place: back among the
// others where it has reached them, else to be tried again at once, or when it
// has drained.
func (s *segment) catchUp(a attempt) {
	m := a.member
	m.marks &^= catching
	s.room.log.weigh(m.chunk)
	if m.marks&left != 0 {
		m.unplace()
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
		m.unplace()
		if next != nil {
			m.chunk = next
			next.places++
		}
	}
	if m.at >= s.at { // past it: it joined, or came back, behind a backlog
		m.behind = false
		m.marks &^= replaying
		s.room.overload.keepsUp(m)
		s.room.hub.counters[MembersBehind].Add(-1)
		m.unplace()
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

// giveUp takes the place from a member that is too far behind; false where it has
// left, or has caught up meanwhile. With skip it is to go on at the head, once it has
// drained, else it is to be closed.
func (s *segment) giveUp(m *Member, lag int64, skip bool) bool {
	if m.marks&left != 0 || !m.behind || s.at-m.at <= lag || m.marks&replaying != 0 && s.room.history.remembers(m) || s.room.overload.spares(m) {
		return false
	}
	s.room.overload.uncount(m)
	if skip {
		m.marks |= skipping
		m.at = -int64(m.chunk.seqAt(m.at))
	} else {
		m.at = closing
	}
	m.unplace()
	return true
}

// rejoin has a member that was told what it has missed go on with the others.
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
