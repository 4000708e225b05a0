package compare

import (
	"fmt"

	"plenum/bench/metric"
	"plenum/bench/spread"
)

// Verdict says whether B is better or worse than A.
type Verdict string

const (
	Better    Verdict = "better"
	Worse     Verdict = "worse"
	Undecided Verdict = "undecided"
)

// Row compares one metric.
type Row struct {
	Metric *metric.Metric `json:"-"`
	Name   string         `json:"metric"`
	Unit   string         `json:"unit"`
	Higher bool           `json:"higher_is_better"`
	A      spread.Spread  `json:"a"`
	B      spread.Spread  `json:"b"`

	Ratio    *float64    `json:"ratio"`       // of the medians, B/A; nil if a run's figure is not positive
	Interval *[2]float64 `json:"interval"`    // of the ratio, 95 %; nil if a run's figure is not positive
	P        *float64    `json:"p"`           // of the rank test; nil if A or B has no figure
	Noise    float64     `json:"noise_floor"` // relative: 0.03 for 3 %

	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"`        // why it is undecided
	Lacking bool    `json:"lacks_runs,omitempty"` // undecided, because there are too few runs
}

// compareMetric compares the figures of two groups. noise is the noise floor.
func compareMetric(m *metric.Metric, a, b []float64, noise float64) Row {
	row := Row{
		Metric: m, Name: m.Name, Unit: m.Unit.Symbol, Higher: m.Higher,
		A: spread.Of(a), B: spread.Of(b), Noise: noise, Verdict: Undecided,
	}
	if len(a) == 0 || len(b) == 0 {
		row.Why, row.Lacking = noFigures(len(a), len(b)), true
		return row
	}
	p := rankTest(a, b)
	row.P = &p
	if row.A.Lowest > 0 && row.B.Lowest > 0 {
		ratio := row.B.Median / row.A.Median
		low, high := interval(a, b)
		row.Ratio, row.Interval = &ratio, &[2]float64{low, high}
	}
	row.decide()
	return row
}

func noFigures(a, b int) string {
	switch {
	case a == 0 && b == 0:
		return "no sound run of A or B has it"
	case a == 0:
		return "no sound run of A has it"
	}
	return "no sound run of B has it"
}

// decide sets the verdict. It is better or worse only if the rank test, the noise floor and the interval
// agree. If there is no ratio, the rank test must agree, and the ranges must not overlap.
func (r *Row) decide() {
	switch {
	case leastP(r.A.N, r.B.N) > level:
		r.Why, r.Lacking = fmt.Sprintf("needs %d runs of each", runsNeeded(r.A.N, r.B.N)), true
	case *r.P > level:
		r.Why = "no difference (rank test)"
	case r.Ratio == nil && r.A.Lowest <= r.B.Highest && r.B.Lowest <= r.A.Highest:
		r.Why = "no ratio, because a figure is 0 or less, and the ranges overlap"
	case r.Ratio != nil && change(1, *r.Ratio) <= r.Noise:
		r.Why = "within the noise floor"
	case r.Ratio != nil && r.Interval[0] <= 1 && r.Interval[1] >= 1:
		r.Why = "the interval includes 1"
	case (r.B.Median > r.A.Median) == r.Higher:
		r.Verdict = Better
	default:
		r.Verdict = Worse
	}
}
