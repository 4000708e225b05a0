package load

import (
	"math"
	"time"
)

// Ramp is a part of a schedule in which the rate changes evenly. In Plan.Stages a rate is in messages per
// second, as Plan.Rate is.
type Ramp struct {
	Length time.Duration `json:"length"` // more than 0
	From   float64       `json:"from"`   // hits per second at the start
	To     float64       `json:"to"`     // hits per second at the end
}

// Hits returns how many hits are due in the ramp: the integral of its rate, which need not be a
// whole number.
func (r Ramp) Hits() float64 { return r.within(r.Length) }

// within returns the integral of the rate over the first d of the ramp. d is at most Length.
func (r Ramp) within(d time.Duration) float64 {
	return d.Seconds() * (r.From + (r.To-r.From)*(float64(d)/float64(r.Length))/2)
}

// until returns the time from the start of the ramp until the integral of its rate is hits. It is
// the solution of a quadratic equation, in the form that also holds for a constant rate.
func (r Ramp) until(hits float64) time.Duration {
	if hits == 0 {
		return 0
	}
	root := math.Sqrt(max(0, r.From*r.From+2*(r.To-r.From)*hits/r.Length.Seconds()))
	return min(r.Length, time.Duration(2*hits/(r.From+root)*float64(time.Second)))
}

// times returns the ramp with that many times its rate.
func (r Ramp) times(factor float64) Ramp {
	return Ramp{Length: r.Length, From: r.From * factor, To: r.To * factor}
}
