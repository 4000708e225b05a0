package page

import (
	"math"

	"plenum/bench/metric"
)

// axis maps values to positions on a line, from 0 to 1.
type axis struct {
	label     string
	low, high float64
	log       bool
	ticks     []tick
}

// tick is a labelled value of an axis.
type tick struct {
	value float64
	label string
}

func (a axis) place(v float64) float64 {
	if a.log {
		return (math.Log10(v) - math.Log10(a.low)) / (math.Log10(a.high) - math.Log10(a.low))
	}
	return (v - a.low) / (a.high - a.low)
}

// mostTicks is the largest number of ticks of a logarithmic axis. An axis that needs more has ticks only at
// powers of ten.
const mostTicks = 9

// logAxis returns a logarithmic axis that encloses low and high. Its ends and its ticks are 1, 2 or 5 times
// a power of ten. low must be positive.
func logAxis(label string, low, high float64) axis {
	all := round(low, high)
	a := axis{label: label, low: all[0], high: all[len(all)-1], log: true}
	for _, v := range all {
		if len(all) <= mostTicks || isPower(v) {
			a.ticks = append(a.ticks, tick{v, plain(v)})
		}
	}
	return a
}

// round returns the values 1, 2 and 5 times powers of ten that enclose low and high, in rising order. There
// are two at least.
func round(low, high float64) (values []float64) {
	for power := math.Floor(math.Log10(low)); ; power++ {
		for _, digit := range []float64{1, 2, 5} {
			v := digit * math.Pow(10, power)
			if len(values) == 1 && v <= low {
				values = nil
			}
			values = append(values, v)
			if v >= high && len(values) > 1 {
				return values
			}
		}
	}
}

func isPower(v float64) bool {
	log := math.Log10(v)
	return math.Abs(log-math.Round(log)) < 1e-9
}

// linearAxis returns an axis from 0 to a round value that is not below high.
func linearAxis(label string, high float64) axis {
	const least, lowest = 4, 1e-9 // least: fewest ticks above 0; a high below lowest counts as 1, because a step must not be 0
	if high < lowest {
		high = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(high/least)))
	for _, digit := range []float64{5, 2} {
		if high/(digit*step) >= least {
			step *= digit
			break
		}
	}
	a := axis{label: label}
	for n := 0.0; ; n++ {
		a.high = n * step
		a.ticks = append(a.ticks, tick{a.high, plain(a.high)})
		if a.high >= high {
			return a
		}
	}
}

// plain formats the label of a tick, without an exponent.
func plain(v float64) string {
	if v != 0 && math.Abs(v) < 1000 {
		return trimmed(v)
	}
	return metric.Number(v)
}
