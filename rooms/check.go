package rooms

import (
	"cmp"
	"fmt"
	"slices"
)

// census holds the values that check has counted for the counters in recounted.
type census [numCounters]int64

// recounted are the counters that Check compares.
var recounted = [...]Counter{Rooms, Members, MembersBehind, HistoryBytes}

// Check recounts rooms, members, positions and logs. It returns an error that names the first counter or
// table that disagrees. It is for tests and diagnosis. If rooms change meanwhile, they may seem to
// disagree.
func (h *Hub) Check() error {
	var found census
	fault := h.rooms.check()
	h.rooms.each(func(r *Room) {
		fault = cmp.Or(fault, r.check(&found))
	})
	if fault != nil {
		return fault
	}
	for _, c := range recounted {
		if counted := h.counters[c].Load(); counted != found[c] {
			return fmt.Errorf("rooms: %s is counted as %d, but is %d in the tables", Counters[c].Metric, counted, found[c])
		}
	}
	return nil
}

// check compares the two tables of rooms.
func (g *registry) check() error {
	for i := range g.shards {
		sh := &g.shards[i]
		sh.mu.Lock()
		sorted := sh.byName.AppendTo(nil)
		same := len(sorted) == len(sh.rooms) && !slices.ContainsFunc(sorted, func(r *Room) bool { return sh.rooms[r.name] != r })
		sh.mu.Unlock()
		if !same {
			return fmt.Errorf("rooms: shard %d has other rooms by name than in its map", i)
		}
	}
	return nil
}

// check recounts the room, and adds the values to all.
func (r *Room) check(all *census) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return nil
	}
	reading, members, marked := map[*chunk]int{}, 0, overload{}
	for i, s := range r.members.segments {
		if err := s.check(i, reading, &marked, all); err != nil {
			return fmt.Errorf("rooms: %q: segment %d %w", r.name, i, err)
		}
		members += len(s.members)
	}
	if members != int(r.members.count) {
		return fmt.Errorf("rooms: %q: counted %d members, but %d are in segments", r.name, r.members.count, members)
	}
	if o := &r.overload; marked.full != o.full || marked.trailing != o.trailing || marked.stalled != o.stalled {
		return fmt.Errorf("rooms: %q: counted %d full, %d trailing and %d stalled members, but %d, %d and %d are marked",
			r.name, o.full, o.trailing, o.stalled, marked.full, marked.trailing, marked.stalled)
	}
	if d := r.members.rounds; d != nil {
		reading[d.older.chunk]++
		reading[d.newer.chunk]++
	}
	size := int64(0)
	for c := r.log.first; c != nil; c = c.next {
		size += c.size()
		if int(c.readers) < reading[c] { // may be more: a member that left during a flush
			return fmt.Errorf("rooms: %q: %d readers are in a chunk that counts %d", r.name, reading[c], c.readers)
		}
	}
	for c := r.log.first; c != nil && c.quiet; c = c.next {
		if slices.ContainsFunc(c.index, func(e entry) bool { return !e.announces() }) {
			return fmt.Errorf("rooms: %q: a quiet chunk has a message that is no announcement", r.name)
		}
	}
	if r.rare != nil && slices.ContainsFunc(r.rare.exclusions, func(e exclusion) bool { return e.member.marks&left != 0 }) {
		return fmt.Errorf("rooms: %q: a member that has left is excluded from a message", r.name)
	}
	if len(r.extras()) > 0 && (r.log.first == nil || r.extras()[0].at < r.log.first.base) {
		return fmt.Errorf("rooms: %q: an extra is kept longer than its frame", r.name)
	}
	if size != r.log.size {
		return fmt.Errorf("rooms: %q: counted %d bytes of log, but it takes %d", r.name, r.log.size, size)
	}
	if members > 0 {
		all[Rooms]++
	}
	all[Members] += int64(members)
	all[HistoryBytes] += r.history.counted
	return nil
}

// check recounts the segment with index slot, the positions of its members, and their marks.
// room.mu is held.
func (s *segment) check(slot int, reading map[*chunk]int, marked *overload, all *census) error {
	switch {
	case int(s.slot) != slot || len(s.members) > segmentSize:
		return fmt.Errorf("has slot %d and %d members", s.slot, len(s.members))
	case s.chunk == nil && s.at != s.room.log.head && !s.room.members.rounds.covers(s.at):
		return fmt.Errorf("is at position %d, but the log's head is %d and no round will visit it", s.at, s.room.log.head)
	case s.state != flushing && (s.chunk == nil) != (s.since == 0):
		return fmt.Errorf("has frames to write without their time of publishing, or a time without frames")
	}
	if s.chunk != nil {
		reading[s.chunk]++
	}
	for j, m := range s.members {
		if int(m.slot) != j || m.segment.Load() != s {
			return fmt.Errorf("has a member in slot %d that has another slot or segment", j)
		}
		if m.chunk != nil {
			reading[m.chunk]++
		}
		if m.behind {
			all[MembersBehind]++
		}
		for _, mark := range []uint16{full, trailing, stalled} {
			if m.marks&mark != 0 {
				*marked.counter(mark)++
			}
		}
	}
	return nil
}
