package load

import (
	"math"
	"time"
)

// Schedule says when each hit is due. Hits that were late or failed do not shift the hits after
// them (open loop). It has no clock and no state. Times are Monotonic nanoseconds.
type Schedule struct {
	Start int64
	Rate  float64 // hits per second
	Ramps []Ramp  // in place of Rate: one after the other from Start on; after the last one nothing is due
}

// Due returns when hit i is due, counted from 0. It is computed from the start, so rounding errors do
// not add up. The hits of ramps are due when the integral of the rate reaches 0, 1, 2 and so on. If the
// rate is then 0 for a while, the hit is due when this pause is over.
func (s Schedule) Due(i int) int64 {
	if s.Ramps == nil {
		return s.Start + int64(float64(i)*float64(time.Second)/s.Rate)
	}
	left, begin := float64(i), s.Start
	for _, r := range s.Ramps {
		const rounding = 1e-6 // hits: a hit that is nearer to the end of a ramp is the first one of the next ramp
		if left < r.Hits()-rounding {
			return begin + int64(r.until(max(0, left)))
		}
		left -= r.Hits()
		begin += int64(r.Length)
	}
	return math.MaxInt64
}

// Wait returns the time from now until hit i is due, or 0 if it is late.
func (s Schedule) Wait(now int64, i int) time.Duration {
	return time.Duration(max(0, s.Due(i)-now))
}

// Hits returns how many hits are due before the time within has passed since the start.
func (s Schedule) Hits(within time.Duration) int {
	n, end := max(0, int(math.Ceil(s.sum(within)))), s.Start+int64(within)
	for n > 0 && s.Due(n-1) >= end {
		n--
	}
	for s.Due(n) < end {
		n++
	}
	return n
}

// sum returns the integral of the rate over the time within after the start.
func (s Schedule) sum(within time.Duration) (hits float64) {
	if s.Ramps == nil {
		return s.Rate * within.Seconds()
	}
	for _, r := range s.Ramps {
		hits += r.within(min(within, r.Length))
		within = max(0, within-r.Length)
	}
	return hits
}
