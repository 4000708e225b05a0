package rooms

import (
	"sync/atomic"
	"time"
)

// LatencyBounds are the upper bounds of Latency.Within.
var LatencyBounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// Latency is a histogram of delivery times since the start. The delivery time of a flush is the
// time from the publish of its oldest message to the end of its writes. All deliveries of the flush
// count with this time. So no delivery took longer than it counts for, except in joined writes (see
// Joiner), which follow the last of the flushes that they join. The time in a socket's buffer is not
// included. Deliveries to members behind are not counted, because they waited for their clients.
type Latency struct {
	Within  [len(LatencyBounds)]uint64 // number of deliveries within LatencyBounds[i], cumulative
	Total   uint64                     // number of deliveries
	Seconds float64                    // sum of all delivery times
}

// Plus returns the sum of l and other.
func (l Latency) Plus(other Latency) Latency {
	for i, n := range other.Within {
		l.Within[i] += n
	}
	l.Total += other.Total
	l.Seconds += other.Seconds
	return l
}

// latency counts deliveries for Latency. Its fields are changed at most once per flush.
type latency struct {
	counts [len(LatencyBounds) + 1]atomic.Uint64 // the last one: longer than all bounds
	micros atomic.Uint64                         // sum of all delivery times in microseconds; nanoseconds would overflow within hours
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

// moment is a time since momentClock.start; 0 means none. The clock is read once per flush that has
// delivered anything. A publish reads it only if a segment had nothing to write, or if a chunk
// begins. So the clock is read no more often than there are flushes and chunks.
type moment time.Duration

// momentClock is a clock that returns moments.
type momentClock struct{ start time.Time }

func (c momentClock) now() moment { return moment(time.Since(c.start) + 1) }

// stamp records the time of publishing of c's first frame, if c has only one, and returns it.
// Otherwise it returns 0. Room.mu is held.
func (c *chunk) stamp(from momentClock) moment {
	if len(c.index) > 1 {
		return 0
	}
	c.since = from.now()
	return c.since
}

// stamp records the time of publishing of the first frame that no flush has taken; 0 means now.
// room.mu is held.
func (s *segment) stamp(published moment) moment {
	if published == 0 {
		published = s.room.hub.clock.now()
	}
	s.since = published
	return published
}

// takeSince returns s.since for a flush, which takes the rest of the segment's chunk. It sets
// s.since to the time of the next chunk. room.mu is held.
func (s *segment) takeSince() (since moment) {
	since, s.since = s.since, 0
	if s.chunk != nil && s.chunk.next != nil {
		s.since = s.chunk.next.since
	}
	return since
}

// measure adds the deliveries of a flush to the histogram to. It is called before f.deliveries includes
// the deliveries to members behind.
func (f *flush) measure(h *Hub, to *latency) {
	if f.deliveries > 0 {
		to.add(time.Duration(h.clock.now()-f.since), f.deliveries)
	}
}
