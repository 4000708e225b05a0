package routes

import (
	"iter"
	"math/bits"
	"slices"

	"plenum/rooms"
)

// memberships are a connection's. They lie in blocks: each by itself, with a pointer to
// it, would take a sixth more. A place that is given up is not used again, for a run under
// way may still look at it; a block without any goes.
type memberships struct {
	blocks []*[perBlock]rooms.Member
	live   []uint8 // a bit for each of a block's that is in a room
	used   int32   // of the last block
	count  int32
}

const perBlock = 4

// add returns a place that was never used; take has it in the memberships.
func (s *memberships) add() *rooms.Member {
	if len(s.blocks) == 0 || s.used == perBlock {
		s.blocks, s.live, s.used = append(s.blocks, new([perBlock]rooms.Member)), append(s.live, 0), 0
	}
	s.used++
	return &s.blocks[len(s.blocks)-1][s.used-1]
}

// giveBack has the place that add returned last never have been: no room has seen it.
func (s *memberships) giveBack() {
	if s.used--; s.used > 0 {
		return
	}
	last := len(s.blocks) - 1
	s.blocks[last] = nil
	s.blocks, s.live, s.used = s.blocks[:last], s.live[:last], perBlock
}

// take counts the place that add returned last.
func (s *memberships) take() {
	s.live[len(s.live)-1] |= 1 << (s.used - 1)
	s.count++
}

// all are those in a room.
func (s *memberships) all() iter.Seq[*rooms.Member] {
	return func(yield func(*rooms.Member) bool) {
		for i, block := range s.blocks {
			for live := s.live[i]; live != 0; live &= live - 1 {
				if !yield(&block[bits.TrailingZeros8(live)]) {
					return
				}
			}
		}
	}
}

// in returns the membership of a room; nil: there is none.
func (s *memberships) in(room string) *rooms.Member {
	for m := range s.all() {
		if m.Room() == room {
			return m
		}
	}
	return nil
}

// remove takes m out.
func (s *memberships) remove(m *rooms.Member) {
	for i, block := range s.blocks {
		for j := range block {
			if &block[j] != m {
				continue
			}
			s.count--
			if s.live[i] &^= 1 << j; s.live[i] != 0 {
				return
			}
			if i == len(s.blocks)-1 {
				s.used = perBlock // the next one begins another block
			}
			s.blocks, s.live = slices.Delete(s.blocks, i, i+1), slices.Delete(s.live, i, i+1)
			return
		}
	}
}
