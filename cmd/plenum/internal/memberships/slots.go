package memberships

import (
	"iter"
	"math/bits"
	"slices"

	"plenum/rooms"
)

// slots are the rooms.Members of one connection. The first one is a part of the connection's own memory, because
// most connections are in one room. The others are allocated in blocks, because separate allocations and
// pointers would take a sixth more memory. The slot of a member that has left is not used again,
// because a running flush may still read it. A block without members is freed. slots must not be copied after
// the first call of add.
type slots struct {
	first     rooms.Member
	more      *moreSlots // nil until first is used and another slot is needed
	count     int32      // members in rooms
	firstUsed bool
	firstLive bool // first is in a room
	entering  bool // the slot of the last add waits for take or giveBack
	atFirst   bool // that slot is first
}

// moreSlots are all slots of a connection except the first.
type moreSlots struct {
	blocks []*[perBlock]rooms.Member
	live   []uint8 // per block, a bit for each slot whose member is in a room
	used   int32   // used slots of the last block
}

const perBlock = 4

// add returns an unused slot. The caller must then call take or giveBack with it.
func (s *slots) add() *rooms.Member {
	s.entering, s.atFirst = true, !s.firstUsed
	if !s.firstUsed {
		s.firstUsed = true
		return &s.first
	}
	if s.more == nil {
		s.more = new(moreSlots)
	}
	return s.more.add()
}

func (s *moreSlots) add() *rooms.Member {
	if len(s.blocks) == 0 || s.used == perBlock {
		s.blocks, s.live, s.used = append(s.blocks, new([perBlock]rooms.Member)), append(s.live, 0), 0
	}
	s.used++
	return &s.blocks[len(s.blocks)-1][s.used-1]
}

// giveBack undoes the last add, which has returned m. m must not have been in a room.
func (s *slots) giveBack(m *rooms.Member) {
	s.entering = false
	if m == &s.first {
		s.firstUsed = false
		return
	}
	s.more.giveBack()
}

func (s *moreSlots) giveBack() {
	if s.used--; s.used > 0 {
		return
	}
	last := len(s.blocks) - 1
	s.blocks[last] = nil
	s.blocks, s.live, s.used = s.blocks[:last], s.live[:last], perBlock
}

// take confirms the last add, which has returned m. m is in a room now.
func (s *slots) take(m *rooms.Member) {
	s.entering = false
	s.count++
	if m == &s.first {
		s.firstLive = true
		return
	}
	s.more.live[len(s.more.live)-1] |= 1 << (s.more.used - 1)
}

// all yields the members that are in a room.
func (s *slots) all() iter.Seq[*rooms.Member] {
	return func(yield func(*rooms.Member) bool) {
		if s.firstLive && !yield(&s.first) || s.more == nil {
			return
		}
		for i, block := range s.more.blocks {
			for live := s.more.live[i]; live != 0; live &= live - 1 {
				if !yield(&block[bits.TrailingZeros8(live)]) {
					return
				}
			}
		}
	}
}

// inOrEntering is like in. It also returns the member of the last add, if this member has been added to the room and take has
// not been called yet.
func (s *slots) inOrEntering(room string) *rooms.Member {
	if m := s.in(room); m != nil || !s.entering {
		return m
	}
	last := &s.first
	if !s.atFirst {
		last = &s.more.blocks[len(s.more.blocks)-1][s.more.used-1]
	}
	if last.Room() == room {
		return last
	}
	return nil
}

// in returns the member in a room; nil if there is none.
func (s *slots) in(room string) *rooms.Member {
	for m := range s.all() {
		if m.Room() == room {
			return m
		}
	}
	return nil
}

// remove removes m, which is leaving its room.
func (s *slots) remove(m *rooms.Member) {
	s.count--
	if m == &s.first {
		s.firstLive = false
		return
	}
	s.more.remove(m)
}

func (s *moreSlots) remove(m *rooms.Member) {
	for i, block := range s.blocks {
		for j := range block {
			if &block[j] != m {
				continue
			}
			if s.live[i] &^= 1 << j; s.live[i] != 0 {
				return
			}
			if i == len(s.blocks)-1 {
				s.used = perBlock // the next add starts a new block
			}
			s.blocks, s.live = slices.Delete(s.blocks, i, i+1), slices.Delete(s.live, i, i+1)
			return
		}
	}
}

// clear removes all members, which have left their rooms.
func (s *slots) clear() { s.more, s.count, s.firstLive = nil, 0, false }
