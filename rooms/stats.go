package rooms

import "sync/atomic"

// stats are a hub's counters; each is atomic and changed at most once a run.
type stats struct {
	rooms, members             atomic.Int64
	messages                   atomic.Uint64
	deliveries, bytes, writes  atomic.Uint64
	behind, evictions, crowded atomic.Uint64
	gaps, missed               atomic.Uint64
	lagging, overloaded        atomic.Int64
	overloads, heldBack        atomic.Uint64
	fanOut                     latency
}

// setOverloaded counts a room that has become overloaded, or is not any more.
func (s *stats) setOverloaded(is bool) {
	if !is {
		s.overloaded.Add(-1)
		return
	}
	s.overloaded.Add(1)
	s.overloads.Add(1)
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
	Lagging        int    // members behind now
	Overloaded     int    // rooms overloaded now
	Overloads      uint64 // times that a room became overloaded
	HeldBack       uint64 // messages that held their publisher back, or were refused with ErrOverloaded
	FanOut         Latency
}

// Stats reads the counters; each is exact, together they are not one moment.
func (h *Hub) Stats() Stats {
	s := &h.stats
	return Stats{
		Rooms: int(s.rooms.Load()), Members: int(s.members.Load()),
		Messages: s.messages.Load(), Deliveries: s.deliveries.Load(), Bytes: s.bytes.Load(), Writes: s.writes.Load(),
		Behind: s.behind.Load(), Evictions: s.evictions.Load(), Crowded: s.crowded.Load(),
		Gaps: s.gaps.Load(), Missed: s.missed.Load(),
		Queued: h.queue.len(), Lagging: int(s.lagging.Load()), FanOut: s.fanOut.snapshot(),
		Overloaded: int(s.overloaded.Load()), Overloads: s.overloads.Load(), HeldBack: s.heldBack.Load(),
		Logs: h.kept.bytes.Load(), Forgotten: h.kept.forgotten.Load(),
	}
}
