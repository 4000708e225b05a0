package rooms

import "sync/atomic"

// Counter is one of the counters and gauges of a hub: an index of Stats.Counts and of Counters.
type Counter uint8

// The counters and gauges; Counters says what each of them counts.
const (
	Rooms Counter = iota
	Members
	MembersBehind
	QueuedSegments
	Published
	Deliveries
	Writes
	DeliveredBytes
	FellBehind
	Evictions
	Gaps
	MissedMessages
	Crowded
	OverloadedRooms
	Overloads
	HeldBack
	HistoryBytes
	HistoriesForgotten
	numCounters
)

// Definition says how a counter is shown.
type Definition struct {
	Metric string // name on /metrics, without a prefix
	Key    string // name in /status; empty: it is not there
	Gauge  bool   // it is a value now, no count since the start
	Help   string
}

// Counters is the table of all counters and gauges, in the order in which they are shown.
var Counters = [numCounters]Definition{
	Rooms:              {"rooms", "rooms", true, "Rooms with members now."},
	Members:            {"members", "members", true, "Members of rooms now."},
	MembersBehind:      {"members_behind", "members_behind", true, "Members behind now."},
	QueuedSegments:     {"fanout_queue", "queue", true, "Segments of rooms that wait for a worker."},
	Published:          {"published_messages_total", "published", false, "Messages published to rooms."},
	Deliveries:         {"deliveries_total", "deliveries", false, "Messages written to a member."},
	Writes:             {"writes_total", "writes", false, "Writes to members; deliveries by writes is how many messages travel together."},
	DeliveredBytes:     {"delivered_bytes_total", "bytes", false, "Bytes of frames written to members."},
	FellBehind:         {"behind_total", "behind", false, "Times that a member fell behind."},
	Evictions:          {"evictions_total", "evictions", false, "Members closed with 1013 for being too far behind."},
	Gaps:               {"gaps_total", "gaps", false, "Gaps that members were told of, having been too far behind."},
	MissedMessages:     {"gap_messages_total", "gap_messages", false, "Messages in those gaps."},
	Crowded:            {"crowded_total", "crowded", false, "Messages refused because their room is spoken to faster than it can be written."},
	OverloadedRooms:    {"rooms_overloaded", "rooms_overloaded", true, "Rooms now of whose members more than half take bytes and cannot keep up."},
	Overloads:          {"overloads_total", "overloads", false, "Times that a room became overloaded."},
	HeldBack:           {"held_back_total", "held_back", false, "Messages that held their publisher back, or were answered 503, because the room's members cannot keep up."},
	HistoryBytes:       {"history_bytes", "", true, "Memory that the rooms' logs take, with what is kept for who comes back."},
	HistoriesForgotten: {"history_forgotten_total", "", false, "Times that what was kept of a room gave way to other rooms'."},
}

// counters are those of a hub. Hot code adds to them directly. QueuedSegments stays 0, because Stats
// asks the queue.
type counters [numCounters]atomic.Int64

// Stats is a snapshot of a hub's counters and gauges.
type Stats struct {
	Counts [numCounters]int64
	FanOut Latency
}

// Plus returns the sums of both.
func (s Stats) Plus(other Stats) Stats {
	for c, n := range other.Counts {
		s.Counts[c] += n
	}
	s.FanOut = s.FanOut.Plus(other.FanOut)
	return s
}

// Stats reads the counters. Each is exact, but together they are not one moment.
func (h *Hub) Stats() (s Stats) {
	for c := range h.counters {
		s.Counts[c] = h.counters[c].Load()
	}
	s.Counts[QueuedSegments] = int64(h.queue.Len())
	s.FanOut = h.fanOut.snapshot()
	return s
}

// overloaded counts a room that has become overloaded, or is not any more.
func (c *counters) overloaded(is bool) {
	if !is {
		c[OverloadedRooms].Add(-1)
		return
	}
	c[OverloadedRooms].Add(1)
	c[Overloads].Add(1)
}

// flushed counts what a flush of a segment has written.
func (c *counters) flushed(f *flush) {
	if f.writes > 0 {
		c[Deliveries].Add(int64(f.deliveries))
		c[DeliveredBytes].Add(int64(f.bytes))
		c[Writes].Add(int64(f.writes))
	}
	if len(f.late) > 0 {
		c[FellBehind].Add(int64(len(f.late)))
	}
	if f.gaps > 0 {
		c[Gaps].Add(int64(f.gaps))
		c[MissedMessages].Add(int64(f.missed))
	}
}
