package rooms

import (
	"sync/atomic"
	"time"
)

// LatencyBounds are the times that Latency counts by.
var LatencyBounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// Latency is how long deliveries took from their publish, counted since the start. All
// deliveries of one flush of a segment count with one time: that from the publish of the
// oldest message written to when the last member has been. So a delivery took at most as
// long as it counts for. What waits in a socket is not in it, nor are deliveries to
// members that were behind: those have waited for their clients.
type Latency struct {
	Within  [len(LatencyBounds)]uint64 // deliveries in at most LatencyBounds[i]; each counts those before it, too
	Total   uint64                     // deliveries
	Seconds float64                    // of them all
}

// Plus is the latency of both.
func (l Latency) Plus(other Latency) Latency {
	for i, n := range other.Within {
		l.Within[i] += n
	}
	l.Total += other.Total
	l.Seconds += other.Seconds
	return l
}

// latency counts what Latency tells; each is atomic and changed at most once per flush.
type latency struct {
	counts [len(LatencyBounds) + 1]atomic.Uint64 // the last: longer than all bounds
	micros atomic.Uint64                         // of all deliveries: nanoseconds would be too many within hours
}

func (l *latency) add(took time.Duration, deliveries uint64) {
	i := 0
	for i < len(LatencyBounds) && took > LatencyBounds[i] {
		i++
	}
	l.counts[i].Add(deliveries)
	l.micros.Add(deliveries * uint64(took.Microseconds()))
}

func (l *latency) snapshot() (s Latency) {
	for i := range l.counts {
		s.Total += l.counts[i].Load()
		if i < len(s.Within) {
			s.Within[i] = s.Total
		}
	}
	s.Seconds = float64(l.micros.Load()) / 1e6
	return s
}

// moment is a time since momentClock.start; 0: none. The clock is read once per flush that has
// delivered something, and in a publish only where a segment has nothing older to write,
// or a chunk begins: no more often than there are flushes and chunks.
type moment time.Duration

// momentClock is what moments are read from.
type momentClock struct{ start time.Time }

func (c momentClock) now() moment { return moment(time.Since(c.start) + 1) }

// stamp notes when c's first frame was published, where that is the only one yet, and
// returns it; 0: the clock was not read. Room.mu is held.
func (c *chunk) stamp(from momentClock) moment {
	if len(c.index) > 1 {
		return 0
	}
	c.since = from.now()
	return c.since
}

// stamp notes when the first frame was published that no flush has taken; 0: now. room.mu
// is held.
func (s *segment) stamp(published moment) moment {
	if published == 0 {
		published = s.room.hub.clock.now()
	}
	s.since = published
	return published
}

// takeSince returns the moment of what a flush takes, which is the rest of the chunk that s
// reads, and leaves s the moment of the next chunk. room.mu is held.
func (s *segment) takeSince() (since moment) {
	since, s.since = s.since, 0
	if s.chunk != nil && s.chunk.next != nil {
		s.since = s.chunk.next.since
	}
	return since
}

// measure counts the deliveries of a flush, before those to members behind are in it.
func (f *flush) measure(h *Hub) {
	if f.deliveries > 0 {
		h.fanOut.add(time.Duration(h.clock.now()-f.since), f.deliveries)
	}
}
