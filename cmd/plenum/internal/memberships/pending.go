package memberships

import "slices"

// pendingJoin is a join that is not answered yet. Its room is not open on this node, or an earlier leave is not answered.
type pendingJoin struct {
	Join
	leaving <-chan struct{} // closed when all earlier leaves are answered; nil: they are answered
	taken   bool            // a goroutine is opening the room
}

// pendingJoins are the pending joins of one connection, and its running leaves, guarded by Set.change. A join is removed
// when it is answered, even if its goroutine is still waiting for the bus. A nil *pendingJoins is empty.
type pendingJoins struct {
	all     []*pendingJoin  // in the order of arrival
	openers int             // goroutines that open rooms
	leaving <-chan struct{} // closed when all running leaves are answered; nil: none is running
}

// withPending returns the pending joins, to change them. change is held.
func (s *Set) withPending() *pendingJoins {
	if s.pending == nil {
		s.pending = new(pendingJoins)
	}
	return s.pending
}

// leaves returns the channel leaving; nil if no leave is running.
func (s *pendingJoins) leaves() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.leaving
}

func (s *pendingJoins) len() int {
	if s == nil {
		return 0
	}
	return len(s.all)
}

// drop removes all joins. They are not answered, because the connection is closed.
func (s *pendingJoins) drop() {
	if s != nil {
		s.all = nil
	}
}

// of returns the pending join of a room; nil if there is none.
func (s *pendingJoins) of(room string) *pendingJoin {
	if s == nil {
		return nil
	}
	for _, p := range s.all {
		if p.Room == room {
			return p
		}
	}
	return nil
}

// in returns the pending joins of the rooms for which are returns true.
func (s *pendingJoins) in(are func(room string) bool) (all []*pendingJoin) {
	for i := range s.len() {
		if are(s.all[i].Room) {
			all = append(all, s.all[i])
		}
	}
	return all
}

// settle removes p. The caller must then answer it. settle returns false if p is already answered, or if the
// connection is closed.
func (s *pendingJoins) settle(p *pendingJoin) bool {
	i := slices.Index(s.all, p)
	if i < 0 {
		return false
	}
	s.all = slices.Delete(s.all, i, i+1)
	return true
}

// cancel removes and returns the pending join of a room; nil if there is none. The caller must then answer it.
func (s *pendingJoins) cancel(room string) *pendingJoin {
	p := s.of(room)
	if p != nil {
		s.settle(p)
	}
	return p
}

// next returns the first join that no goroutine has taken, and marks it as taken; nil if there is none.
func (s *pendingJoins) next() *pendingJoin {
	for _, p := range s.all {
		if !p.taken {
			p.taken = true
			return p
		}
	}
	return nil
}
