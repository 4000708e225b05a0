package routes

import (
	"slices"

	"plenum/codec"
	"plenum/rooms"
)

// pendingJoin is a command join that is not answered yet, because its room is not open on this
// node, or because an earlier leave is not answered. It is answered exactly once: by joined, by an
// error, or by cancelled if its client leaves first.
type pendingJoin struct {
	command codec.Command
	since   *rooms.Since
	leaving <-chan struct{} // closed when the earlier leaves are answered; nil: they are
	taken   bool            // a goroutine is opening the room
}

// pendingJoins are those of one connection, guarded by muxSession.change. A join that is answered
// is taken out, but a goroutine may still wait for the bus because of it.
type pendingJoins struct {
	all     []*pendingJoin // in the order they came in
	openers int            // goroutines
}

// of returns the pending join of a room; nil if there is none.
func (s *pendingJoins) of(room string) *pendingJoin {
	for _, p := range s.all {
		if p.command.Room == room {
			return p
		}
	}
	return nil
}

// settle removes p, which the caller answers. It returns false if p is answered already, or if the
// connection is closed.
func (s *pendingJoins) settle(p *pendingJoin) bool {
	i := slices.Index(s.all, p)
	if i < 0 {
		return false
	}
	s.all = slices.Delete(s.all, i, i+1)
	return true
}

// cancel settles the pending join of a room, and returns it; nil if there is none.
func (s *pendingJoins) cancel(room string) *pendingJoin {
	p := s.of(room)
	s.settle(p)
	return p
}

// next returns the first join that no goroutine has taken, and marks it; nil if there is none.
func (s *pendingJoins) next() *pendingJoin {
	for _, p := range s.all {
		if !p.taken {
			p.taken = true
			return p
		}
	}
	return nil
}
