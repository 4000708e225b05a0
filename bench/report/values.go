package report

import (
	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/spread"
)

// of returns the spread of a figure over runs. ok is false if no run has the figure.
func (f figure) of(runs []*bench.Result) (s spread.Spread, ok bool) {
	values := f.values(runs)
	if len(values) == 0 {
		return spread.Spread{}, false
	}
	return spread.Of(values), true
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

// number formats v with three significant digits, as all figures of results are.
func number(v float64) string { return metric.Number(v) }

// grouped formats v with a comma before each group of three digits: 12,300.
func grouped(v int64) string { return metric.Grouped(v) }
