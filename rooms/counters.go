package rooms

import "sync/atomic"

// Counter is one of the counters and gauges of a hub: an index of Stats.Counts and of Counters.
type Counter uint8

// The counters and gauges. Counters describes them.
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
	BacklogFull
	OverloadedRooms
	Overloads
	HeldBack
	HistoryBytes
	HistoriesForgotten
	Excluded
	numCounters
)

// Definition describes how a counter is shown on /metrics and in /status.
type Definition struct {
	Metric string // name on /metrics, without a prefix
	Key    string // name in /status; empty if it is not shown there
	Gauge  bool   // a current value, not a count since the start
	Help   string
}

// Counters is the table of all counters and gauges, in the order in which they are shown.
var Counters = [numCounters]Definition{
	Rooms:              {"rooms", "rooms", true, "Rooms that have members now."},
	Members:            {"members", "members", true, "Members of rooms now. A connection is a member of each room that it has joined."},
	MembersBehind:      {"members_behind", "members_behind", true, "Members that are behind now: messages wait for them until their sockets take more."},
	QueuedSegments:     {"fanout_queue", "queue", true, "Segments of rooms that wait to be written now. A segment has up to 64 members."},
	Published:          {"published_messages_total", "published", false, "Messages published to rooms, including announcements of joins and leaves."},
	Deliveries:         {"deliveries_total", "deliveries", false, "Messages written to members: one message to 10 members is 10 deliveries."},
	Writes:             {"writes_total", "writes", false, "Writes of messages and gaps to members. The messages of several rooms to one connection may share a write. Deliveries divided by writes is the number of messages per write."},
	DeliveredBytes:     {"delivered_bytes_total", "bytes", false, "Bytes of frames written to members."},
	FellBehind:         {"behind_total", "behind", false, "Times that a member fell behind because its socket was full."},
	Evictions:          {"evictions_total", "evictions", false, "Members closed with 1013 because they were too far behind."},
	Gaps:               {"gaps_total", "gaps", false, "Gaps reported to members that were too far behind and skipped messages."},
	MissedMessages:     {"gap_messages_total", "gap_messages", false, "Messages that members skipped because they were too far behind."},
	BacklogFull:        {"backlog_full_total", "backlog_full", false, "Messages refused because too many bytes of the room's log wait to be written to its members."},
	OverloadedRooms:    {"rooms_overloaded", "rooms_overloaded", true, "Rooms that are overloaded now: more than half of the members read but could not keep up, and more than a quarter still cannot."},
	Overloads:          {"overloads_total", "overloads", false, "Times that a room became overloaded."},
	HeldBack:           {"held_back_total", "held_back", false, "Messages after which the server stopped reading from the publisher for a while, or which came from outside and were refused (the API answers 503), because the members cannot keep up."},
	HistoryBytes:       {"history_bytes", "", true, "Bytes of memory that the logs of all rooms use, including retained messages. 0 if no history is configured."},
	HistoriesForgotten: {"history_forgotten_total", "", false, "Times that retained messages of a room were dropped because all rooms together used too much memory."},
	Excluded:           {"excluded_total", "excluded", false, "Messages that a member was not written because its connection was excluded by the publisher, such as the sender itself. A message has one excluded member at most."},
}

// counters are the counters and gauges of a hub, except for those of tally. QueuedSegments is only the
// number of segments that wait in rounds here, less one per round. Stats adds the length of the queue,
// in which a round counts as one.
type counters [numCounters]counter

// counter has a cache line of its own, so that processors that change different counters do not wait for each other.
type counter struct {
	atomic.Int64
	_ [cacheLine - 8]byte
}

const cacheLine = 64

// tally counts what flushes have delivered. A hub has one per processor, and each flusher counts in one of them. So
// processors seldom change the same cache line.
type tally struct {
	deliveries, bytes, writes atomic.Int64
	fanOut                    latency
	_                         [cacheLine]byte
}

// Stats is a snapshot of a hub's counters and gauges.
type Stats struct {
	Counts [numCounters]int64
	FanOut Latency
}

// Plus returns the sums of s and other.
func (s Stats) Plus(other Stats) Stats {
	for c, n := range other.Counts {
		s.Counts[c] += n
	}
	s.FanOut = s.FanOut.Plus(other.FanOut)
	return s
}

// Stats returns the counters and gauges. Each value is exact, but they are not read at the same moment.
func (h *Hub) Stats() (s Stats) {
	for c := range h.counters {
		s.Counts[c] = h.counters[c].Load()
	}
	s.Counts[QueuedSegments] += int64(h.queue.Len())
	for i := range h.tallies {
		t := &h.tallies[i]
		s.Counts[Deliveries] += t.deliveries.Load()
		s.Counts[DeliveredBytes] += t.bytes.Load()
		s.Counts[Writes] += t.writes.Load()
		s.FanOut = s.FanOut.Plus(t.fanOut.snapshot())
	}
	return s
}

// overloaded counts a room that has become overloaded (is), or no longer is.
func (c *counters) overloaded(is bool) {
	if !is {
		c[OverloadedRooms].Add(-1)
		return
	}
	c[OverloadedRooms].Add(1)
	c[Overloads].Add(1)
}

// flushed adds the numbers that a flush has counted, except for those that tally.delivered adds.
func (c *counters) flushed(f *flush) {
	if len(f.cut) > 0 {
		c[FellBehind].Add(int64(len(f.cut)))
	}
	if f.excluded > 0 {
		c[Excluded].Add(int64(f.excluded))
	}
	if f.gaps > 0 {
		c[Gaps].Add(int64(f.gaps))
		c[MissedMessages].Add(int64(f.missed))
	}
}

// delivered adds the deliveries, bytes and writes that flushes have counted.
func (t *tally) delivered(flushes []flush) {
	var deliveries, bytes, writes uint64
	for i := range flushes {
		f := &flushes[i]
		deliveries, bytes, writes = deliveries+f.deliveries, bytes+f.bytes, writes+f.writes
	}
	if bytes > 0 {
		t.deliveries.Add(int64(deliveries))
		t.bytes.Add(int64(bytes))
	}
	if writes > 0 {
		t.writes.Add(int64(writes))
	}
}
