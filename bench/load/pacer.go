package load

import (
	"math"
	"time"
)

// Pacer is an open-loop schedule: when each hit is due, whatever became of the
// ones before it. It has no clock and no state; times are Monotonic nanoseconds.
type Pacer struct {
	Start int64
	Rate  float64 // hits a second
}

// Due returns when hit i, counted from 0, is to leave. It is computed from the
// start, so that rounding does not add up.
func (p Pacer) Due(i int) int64 {
	return p.Start + int64(float64(i)*float64(time.Second)/p.Rate)
}

// Wait returns how long it is at now until hit i is due, 0 where it is late.
func (p Pacer) Wait(now int64, i int) time.Duration {
	return time.Duration(max(0, p.Due(i)-now))
}

// Hits returns how many hits are due before within has passed since the start.
func (p Pacer) Hits(within time.Duration) int {
	n := int(math.Ceil(p.Rate * within.Seconds()))
	for n > 0 && p.Due(n-1) >= p.Start+int64(within) {
		n--
	}
	return n
}
