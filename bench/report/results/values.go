package results

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/spread"
)

// Of returns the spread of a figure over runs. ok is false if no run has the figure.
func (f Figure) Of(runs []*bench.Result) (s spread.Spread, ok bool) {
	values := f.Values(runs)
	if len(values) == 0 {
		return spread.Spread{}, false
	}
	return spread.Of(values), true
}

// Values returns the figure of each run that has it.
func (f Figure) Values(runs []*bench.Result) (values []float64) {
	for _, r := range runs {
		if v, has := f.Value(r); has {
			values = append(values, v)
		}
	}
	return values
}

// Limits returns the LimitedBy values of the searches for the highest rate, with their counts.
func Limits(runs []*bench.Result) string {
	counts := map[string]int{}
	for _, r := range runs {
		if r.Saturate != nil {
			counts[r.Saturate.LimitedBy]++
		}
	}
	var list []string
	for _, by := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s (%d)", by, counts[by]))
	}
	return strings.Join(list, ", ")
}
