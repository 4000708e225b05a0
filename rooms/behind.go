package rooms

import "math"

// fallBehind gives a member whose write was cut a place of its own, in c.
func (s *segment) fallBehind(a attempt, c *chunk) {
	m := a.member
	if m.marks&left != 0 {
		return
	}
	m.behind, m.at, m.chunk = true, a.at, c
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
	if m.marks&(left|evicted) != 0 {
		m.unplace()
		return
	}
	m.at = a.at
	if m.at == m.chunk.end() {
		next := m.chunk.next
		m.unplace()
		if next != nil {
			m.chunk = next
			next.places++
		}
	}
	if m.at == s.at {
		m.behind = false
		m.unplace()
		return
	}
	if !a.full || m.marks&drained != 0 {
		s.makeReady(m)
	}
}

// evict gives up on a member; false where it has left by itself.
func (m *Member) evict() bool {
	if m.marks&left != 0 {
		return false
	}
	m.marks |= evicted
	m.at = math.MaxInt64 // never too far behind again
	m.unplace()
	return true
}
