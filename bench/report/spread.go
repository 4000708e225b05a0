package report

import (
	"slices"

	"plenum/bench"
	"plenum/bench/metric"
)

// spread is the median and the range of a figure over several runs.
type spread struct{ median, lowest, highest float64 }

// spreadOf returns the spread of values, which must not be empty.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return spread{median: (sorted[(n-1)/2] + sorted[n/2]) / 2, lowest: sorted[0], highest: sorted[n-1]}
}

// of returns the spread of a figure over runs. ok is false if no run has the figure.
func (f figure) of(runs []*bench.Result) (s spread, ok bool) {
	values := f.values(runs)
	if len(values) == 0 {
		return spread{}, false
	}
	return spreadOf(values), true
}

// values returns the figure of each run that has it.
func (f figure) values(runs []*bench.Result) (values []float64) {
	for _, r := range runs {
		if v, has := f.value(r); has {
			values = append(values, v)
		}
	}
	return values
}

// String returns the median, followed by the range if the formatted bounds differ.
func (s spread) String() string {
	low, high := number(s.lowest), number(s.highest)
	if low == high {
		return number(s.median)
	}
	return number(s.median) + " (" + low + "–" + high + ")"
}

// number formats v with three significant digits, as all figures of results are.
func number(v float64) string { return metric.Number(v) }

// grouped formats v with a comma before each group of three digits: 12,300.
func grouped(v int64) string { return metric.Grouped(v) }
