package spread

import (
	"slices"

	"plenum/bench/metric"
)

// Spread is the median and the range of a figure over several runs. If N is 0, all fields are 0.
type Spread struct {
	N       int     `json:"n"` // runs with the figure
	Median  float64 `json:"median"`
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
}

// Of returns the spread of values. It does not change them.
func Of(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	return Spread{N: len(sorted), Median: middle(sorted), Lowest: sorted[0], Highest: sorted[len(sorted)-1]}
}

// Median sorts values and returns their median. There must be one value or more.
func Median(values []float64) float64 {
	slices.Sort(values)
	return middle(values)
}

// middle returns the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// String returns the median, followed by the range if its ends differ when formatted. If N is 0, it returns a dash.
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
