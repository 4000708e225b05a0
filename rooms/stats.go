package rooms

import (
	"cmp"
	"fmt"
	"sync/atomic"
)

// stats are a hub's counters; each is atomic and changed at most once a run.
type stats struct {
	rooms, members             atomic.Int64
	messages                   atomic.Uint64
	deliveries, bytes, writes  atomic.Uint64
	behind, evictions, crowded atomic.Uint64
	gaps, missed               atomic.Uint64
}

func (s *stats) add(p *pass) {
	if p.writes > 0 {
		s.deliveries.Add(p.deliveries)
		s.bytes.Add(p.bytes)
		s.writes.Add(p.writes)
	}
	if len(p.late) > 0 {
		s.behind.Add(uint64(len(p.late)))
	}
	if p.gaps > 0 {
		s.gaps.Add(p.gaps)
		s.missed.Add(p.missed)
	}
}

// Stats is a snapshot of a hub's gauges and counters.
type Stats struct {
	Rooms, Members int    // now; rooms that have members
	Messages       uint64 // published
	Deliveries     uint64 // messages written to a member
	Bytes          uint64 // of frames written to members
	Writes         uint64 // calls of WriteFrames that took something
	Behind         uint64 // times that a member fell behind
	Evictions      uint64 // members closed with 1013
	Gaps           uint64 // gaps that members were told of
	Missed         uint64 // messages in those gaps
	Crowded        uint64 // messages refused with ErrCrowded
	Queued         int    // segments that wait for a worker
	Logs           int64  // bytes that the logs take, where messages are kept
	Forgotten      uint64 // times that a room's history gave way to others'
}

// Stats reads the counters; each is exact, together they are not one moment.
func (h *Hub) Stats() Stats {
	s := &h.stats
	return Stats{
		Rooms: int(s.rooms.Load()), Members: int(s.members.Load()),
		Messages: s.messages.Load(), Deliveries: s.deliveries.Load(), Bytes: s.bytes.Load(), Writes: s.writes.Load(),
		Behind: s.behind.Load(), Evictions: s.evictions.Load(), Crowded: s.crowded.Load(),
		Gaps: s.gaps.Load(), Missed: s.missed.Load(),
		Queued: h.queue.len(),
		Logs:   h.kept.bytes.Load(), Forgotten: h.kept.forgotten.Load(),
	}
}

// Check recounts rooms, members and places and says where a counter or a table
// disagrees. Rooms that change meanwhile may look so for a moment.
func (h *Hub) Check() error {
	rooms, members, logs := 0, 0, int64(0)
	var fault error
	h.each(func(r *Room) {
		n, size, err := r.check()
		fault = cmp.Or(fault, err)
		members += n
		logs += size
		if n > 0 {
			rooms++
		}
	})
	if fault != nil {
		return fault
	}
	s := h.Stats()
	if s.Logs != logs {
		return fmt.Errorf("rooms: counted %d bytes of logs, but they take %d", s.Logs, logs)
	}
	if s.Rooms != rooms || s.Members != members {
		return fmt.Errorf("rooms: counted %d rooms and %d members, but %d and %d are in the tables", s.Rooms, s.Members, rooms, members)
	}
	return nil
}

// check recounts one room and returns its members, and the size of its log where that
// is kept.
func (r *Room) check() (members int, size int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return 0, 0, nil
	}
	standing, taken := map[*chunk]int{}, int64(0)
	for i, s := range r.segments {
		if s.slot != i || len(s.members) > segmentSize {
			return 0, 0, fmt.Errorf("rooms: %q: segment %d believes it is %d, with %d members", r.name, i, s.slot, len(s.members))
		}
		if s.chunk != nil {
			standing[s.chunk]++
		}
		if s.chunk == nil && s.state == idle && s.at != r.log.head {
			return 0, 0, fmt.Errorf("rooms: %q: an idle segment stands at %d, the log's head is %d", r.name, s.at, r.log.head)
		}
		for j, m := range s.members {
			if int(m.slot) != j || m.segment.Load() != s {
				return 0, 0, fmt.Errorf("rooms: %q: member %d of segment %d is not where it believes", r.name, j, i)
			}
			if m.chunk != nil {
				standing[m.chunk]++
			}
		}
		members += len(s.members)
	}
	for c := r.log.first; c != nil; c = c.next {
		taken += c.size()
		if c.places < standing[c] { // more: a member that left during a run
			return 0, 0, fmt.Errorf("rooms: %q: %d stand in a chunk that counts %d", r.name, standing[c], c.places)
		}
	}
	if taken != r.log.size {
		return 0, 0, fmt.Errorf("rooms: %q: counted %d bytes of log, but it takes %d", r.name, r.log.size, taken)
	}
	if members != r.members {
		return 0, 0, fmt.Errorf("rooms: %q: counted %d members, but %d are in segments", r.name, r.members, members)
	}
	return members, r.counted, nil
}
