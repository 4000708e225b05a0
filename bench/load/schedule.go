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
}

// Due returns when hit i is due, counted from 0. It is computed from the start, so rounding
// errors do not add up.
func (s Schedule) Due(i int) int64 {
	return s.Start + int64(float64(i)*float64(time.Second)/s.Rate)
}

// Wait returns the time from now until hit i is due, or 0 if it is late.
func (s Schedule) Wait(now int64, i int) time.Duration {
	return time.Duration(max(0, s.Due(i)-now))
}

// Hits returns how many hits are due in the time within after the start.
func (s Schedule) Hits(within time.Duration) int {
	n := int(math.Ceil(s.Rate * within.Seconds()))
	for n > 0 && s.Due(n-1) >= s.Start+int64(within) {
		n--
	}
	return n
}
