package rooms

import (
	"slices"
	"sort"
)

// exclusion is a frame of the log that is not written to a member, because Config.Excluded has returned the member.
type exclusion struct {
	from, to int64 // positions of the start and the end of the frame
	member   *Member
}

// exclusionSize is the size of an exclusion, in bytes.
const exclusionSize = 24

// exclusions are exclusions of a room, in the order of the log. Those of a Room contain all that a flush may still have to
// observe, and only members that have not left. Room.mu guards them.
type exclusions []exclusion

// size returns the memory that x uses, in bytes.
func (x exclusions) size() int64 { return exclusionSize * int64(cap(x)) }

// since returns the exclusions of frames from position at on.
func (x exclusions) since(at int64) exclusions {
	if n := len(x); n == 0 || x[n-1].from < at {
		return nil
	}
	return x[sort.Search(len(x), func(i int) bool { return x[i].from >= at }):]
}

// excluded calls Config.Excluded. No lock is held.
func (h *Hub) excluded(room string, body []byte) *Member {
	if h.cfg.Excluded == nil {
		return nil
	}
	return h.cfg.Excluded(room, body)
}

// excludedMessage is a message of a batch that is not written to a member.
type excludedMessage struct {
	index  int // of the message in the batch
	member *Member
}

// excludedOf appends the messages of b that have an excluded member to dst. No lock is held.
func (r *Room) excludedOf(dst []excludedMessage, b Batch) []excludedMessage {
	if r.hub.cfg.Excluded == nil {
		return dst
	}
	i := 0
	for body := range b.Bodies {
		if m := r.hub.excluded(r.name, body); m != nil {
			dst = append(dst, excludedMessage{i, m})
		}
		i++
	}
	return dst
}

// exclude keeps message seq, which is in c or in a chunk after c, from m. If m is no member of the room now, exclude does
// nothing; m may be nil. It is called when wake has made the segments readers of c, because the exclusions of chunks without
// readers are dropped. mu is held.
func (r *Room) exclude(m *Member, c *chunk, seq uint64) {
	if m == nil || !r.has(m) {
		return
	}
	for c.seq < seq {
		c = c.next
	}
	x := &r.withRare().exclusions
	if len(*x) == cap(*x) {
		x.makeSpace(r.log.firstRead())
	}
	*x = append(*x, exclusion{c.offset(seq), c.offset(seq + 1), m})
}

// has reports whether m is a member of the room now. mu is held.
func (r *Room) has(m *Member) bool {
	s := m.segment.Load()
	return s != nil && s.room == r && m.marks&left == 0
}

// makeSpace drops the exclusions of frames before position at. If more than half of the capacity is still in use then, it
// grows to at least twice the number of exclusions.
func (x *exclusions) makeSpace(at int64) {
	*x = slices.Delete(*x, 0, len(*x)-len(x.since(at)))
	if len(*x) > cap(*x)/2 {
		*x = slices.Grow(*x, len(*x))
	}
}

// forgetExclusions drops the exclusions of m, which has left. mu is held.
func (r *Room) forgetExclusions(m *Member) {
	if r.rare == nil || len(r.rare.exclusions) == 0 {
		return
	}
	x := &r.rare.exclusions
	if *x = slices.DeleteFunc(*x, func(e exclusion) bool { return e.member == m }); len(*x) == 0 {
		*x = nil
	}
}

// except adds the exclusions that the flush of s has to observe when it writes the batch. room.mu is held.
func (f *flush) except(s *segment) {
	if s.room.rare == nil {
		return
	}
	for _, e := range s.room.rare.exclusions.since(s.at) {
		if e.from >= f.to() {
			return
		}
		if e.member.segment.Load() == s && !e.member.behind {
			f.exclusions = append(f.exclusions, e)
		}
	}
}

// exceptBehind is except for a member behind, which is about to be written rest. room.mu is held.
func (f *flush) exceptBehind(m *Member, rest *source) {
	room := m.segment.Load().room
	if room.rare == nil {
		return
	}
	for _, e := range room.rare.exclusions.since(rest.at) {
		if e.from >= rest.at+int64(len(rest.data)) {
			return
		}
		if e.member == m {
			f.exclusions = append(f.exclusions, e)
		}
	}
}

// excepts reports whether a frame is excluded for m.
func (f *flush) excepts(m *Member) bool {
	return slices.ContainsFunc(f.exclusions, func(e exclusion) bool { return e.member == m })
}

// writeExcepted is the rest of write for a member for which a frame of the batch is excluded.
func (f *flush) writeExcepted(m *Member, batch *piece) {
	if at, all, err := f.writeAround(m, *batch); !all && err == nil {
		f.cut = append(f.cut, attempt{member: m, at: at})
	}
}

// writeAround writes p to m, except for the frames that are excluded. It returns the position after the last frame that was
// taken or excluded, and whether that is the end of p.
func (f *flush) writeAround(m *Member, p piece) (at int64, all bool, err error) {
	for _, e := range f.exclusions {
		if e.member != m || e.from < p.at {
			continue
		}
		before := p.until(e.from)
		if at, all, err = f.writePiece(m, &before); !all {
			return at, false, err
		}
		f.excluded++
		p = p.from(e.to)
	}
	return f.writePiece(m, &p)
}

// writePiece writes p, which may be empty, to m. The results are those of writeAround.
func (f *flush) writePiece(m *Member, p *piece) (at int64, all bool, err error) {
	if len(p.data) == 0 {
		return p.at, true, nil
	}
	n, err := f.send(m.sink, p.data)
	if err != nil {
		return p.at, false, err
	}
	return f.count(p, n), n == len(p.data), nil
}
