package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"plenum/bench"
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

// number formats v with three significant digits.
func number(v float64) string {
	v = rounded(v)
	size := math.Abs(v)
	switch {
	case size >= 1e6:
		return decimal(v/1e6) + " M"
	case size >= 1000:
		return grouped(int64(v))
	}
	return decimal(v)
}

func rounded(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64) // it parses its own output
	return v
}

// decimal formats a v of three significant digits, with trailing zeros.
func decimal(v float64) string {
	if v == 0 {
		return "0"
	}
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', max(0, places), 64)
}

// grouped formats v with a comma before each group of three digits: 12,300.
func grouped(v int64) string {
	text := strconv.FormatInt(v, 10)
	var groups []string
	for len(strings.TrimPrefix(text, "-")) > 3 {
		groups = append(groups, text[len(text)-3:])
		text = text[:len(text)-3]
	}
	slices.Reverse(groups)
	return strings.Join(append([]string{text}, groups...), ",")
}
