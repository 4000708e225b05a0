package spread

import (
	"slices"

	"plenum/bench/metric"
)

// Spread is the median and the range of a figure over several runs. All are 0 if N is.
type Spread struct {
	N       int     `json:"n"` // runs with the figure
	Median  float64 `json:"median"`
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
}

// Of returns the spread of values.
func Of(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	return Spread{N: len(sorted), Median: middle(sorted), Lowest: sorted[0], Highest: sorted[len(sorted)-1]}
}

// Median returns the median of values, which it sorts. There must be one value or more.
func Median(values []float64) float64 {
	slices.Sort(values)
	return middle(values)
}

// middle returns the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// String returns the median, followed by the range if it has more than one number.
func (s Spread) String() string {
	low, high := metric.Number(s.Lowest), metric.Number(s.Highest)
	switch {
	case s.N == 0:
		return "–"
	case low == high:
		return metric.Number(s.Median)
	}
	return metric.Number(s.Median) + " (" + low + "–" + high + ")"
}
