package spread

import (
	"math"

	"plenum/bench/latency"
)

// Curve has latencies by percentile, in ms: those of a run, or the medians over several runs.
type Curve struct {
	P50, P99, Max float64
	// Nines has the latencies at 0 nines, NinesStep nines, 2*NinesStep nines and so on, up to the last percentile
	// below the maximum. 0 nines is the minimum, 1 nine is 90 %, 2 nines are 99 %.
	Nines []float64
}

const (
	NinesStep = 0.05 // distance between two elements of Curve.Nines, in nines
	mostNines = 5    // 99.999 %
)

// CurveOf returns the curve of a histogram that is not empty.
func CurveOf(h latency.Histogram) Curve {
	at := func(percent float64) float64 { return latency.Millis(h.At(percent)) }
	c := Curve{P50: at(50), P99: at(99), Max: at(100)}
	end := min(mostNines, math.Log10(float64(h.Count())))
	for i := range 1 + int(end/NinesStep) {
		c.Nines = append(c.Nines, at(100*(1-math.Pow(10, -float64(i)*NinesStep))))
	}
	return c
}

// MedianCurve returns the median of the curves at each percentile that all of them reach. There must be one curve or more.
// A merged histogram would show one slow run of many as if all runs were slow for a part of the time.
func MedianCurve(curves []Curve) Curve {
	of := func(figure func(Curve) float64) float64 {
		var values []float64
		for _, c := range curves {
			values = append(values, figure(c))
		}
		return Median(values)
	}
	shortest := len(curves[0].Nines)
	for _, c := range curves {
		shortest = min(shortest, len(c.Nines))
	}
	m := Curve{
		P50: of(func(c Curve) float64 { return c.P50 }),
		P99: of(func(c Curve) float64 { return c.P99 }),
		Max: of(func(c Curve) float64 { return c.Max }),
	}
	for i := range shortest {
		m.Nines = append(m.Nines, of(func(c Curve) float64 { return c.Nines[i] }))
	}
	return m
}
