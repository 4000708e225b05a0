package load

import (
	"math"
	"time"
)

// Schedule tells when each hit is due, whatever became of the hits before it (open loop).
// It has no clock and no state. Times are Monotonic nanoseconds.
type Schedule struct {
	Start int64
	Rate  float64 // hits a second
}

// Due returns when hit i, counted from 0, is to leave. It is computed from the
// start, so that rounding does not add up.
func (s Schedule) Due(i int) int64 {
	return s.Start + int64(float64(i)*float64(time.Second)/s.Rate)
}

// Wait returns how long it is at now until hit i is due, 0 where it is late.
func (s Schedule) Wait(now int64, i int) time.Duration {
	return time.Duration(max(0, s.Due(i)-now))
}

// Hits returns how many hits are due before within has passed since the start.
func (s Schedule) Hits(within time.Duration) int {
	n := int(math.Ceil(s.Rate * within.Seconds()))
	for n > 0 && s.Due(n-1) >= s.Start+int64(within) {
		n--
	}
	return n
}
