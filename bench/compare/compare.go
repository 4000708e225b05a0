package compare

import (
	"fmt"

	"plenum/bench/metric"
	"plenum/bench/spread"
)

// Options are the options of a comparison.
type Options struct {
	// Metrics are the metrics to compare, if the scenario has them. Empty means the main ones of each
	// scenario.
	Metrics []*metric.Metric
	// Least is the smallest relative change that counts. 0 means 0.01, which is 1 %.
	Least float64
}

// defaultLeast is above the precision of the histograms, which is 0.1 %.
const defaultLeast = 0.01

// Comparison compares the runs of a pair of groups.
type Comparison struct {
	Entry string  `json:"entry"`
	A     Members `json:"a"`
	B     Members `json:"b"`

	Different []Difference `json:"different_options"`
	Outcomes  []Outcome    `json:"outcomes"`
	Rows      []Row        `json:"metrics"`
	Broken    []string     `json:"failed_conditions"` // one text per condition that fails B
	Pair      Pair         `json:"-"`
}

// Members counts the runs of a group.
type Members struct {
	Server   string   `json:"server"`
	Sound    int      `json:"sound"`
	Failed   int      `json:"failed"`
	HeldBack int      `json:"held_back"`
	Excluded Excluded `json:"excluded"`
}

// Outcome compares how many runs failed, or were held back.
type Outcome struct {
	Name    string  `json:"name"` // failed or held back
	A       int     `json:"a"`    // runs
	B       int     `json:"b"`
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"`
}

// Compare compares a group of a with a group of b. Verdicts are about B.
func Compare(a, b *Side, pair Pair, o Options) Comparison {
	c := Comparison{
		Entry: pair.A.Entry, A: membersOf(pair.A), B: membersOf(pair.B), Pair: pair,
		Different: differences(pair.A.Options, pair.B.Options), Rows: []Row{}, Broken: []string{},
	}
	c.Outcomes = outcomes(c.A, c.B)
	for _, m := range o.metrics(pair.A.Scenario) {
		valuesA, valuesB := pair.A.Values(m), pair.B.Values(m)
		if len(valuesA)+len(valuesB) == 0 && len(pair.A.Sound)+len(pair.B.Sound) > 0 {
			continue // the scenario has the metric, but not with these options
		}
		row := compareMetric(m, valuesA, valuesB, max(o.least(), a.noise(pair.A, m), b.noise(pair.B, m)))
		row.Lacking = row.Lacking && !c.A.allMissed() && !c.B.allMissed() // else more runs would fail too
		c.Rows = append(c.Rows, row)
	}
	return c
}

func (o Options) least() float64 {
	if o.Least == 0 {
		return defaultLeast
	}
	return o.Least
}

func (o Options) metrics(scenario string) (list []*metric.Metric) {
	if len(o.Metrics) == 0 {
		return metric.ComparedIn(scenario)
	}
	for _, m := range o.Metrics {
		if m.In(scenario) {
			list = append(list, m)
		}
	}
	return list
}

// noise returns the noise floor of a metric by the runs of a group. If its server has a second measurement,
// that counts too. The floor is 0 if there are too few runs, or if a figure is not positive.
func (s *Side) noise(g *Group, m *metric.Metric) float64 {
	values := g.Values(m)
	floor, positive := splitFloor(values)
	second := s.second(g)
	if second == nil || !positive {
		return floor
	}
	if more := spread.Of(second.Values(m)); more.Lowest > 0 {
		floor = max(floor, change(spread.Of(values).Median, more.Median))
	}
	return floor
}

func membersOf(g *Group) Members {
	return Members{Server: g.Server, Sound: len(g.Sound), Failed: len(g.Failed), HeldBack: len(g.HeldBack), Excluded: g.Excluded}
}

// outcomes returns an outcome for failed runs, and one for runs that were held back, if there are any.
func outcomes(a, b Members) []Outcome {
	list := []Outcome{}
	add := func(name string, inA, inB int) {
		if inA+inB > 0 {
			list = append(list, outcome(name, inA, inB, a.counted(), b.counted()))
		}
	}
	add("failed", a.Failed, b.Failed)
	add("held back", a.HeldBack, b.HeldBack)
	return list
}

// allMissed reports whether there are runs, and all of them failed or were held back.
func (m Members) allMissed() bool { return m.Sound == 0 && m.counted() > 0 }

func (m Members) counted() int { return m.Sound + m.Failed + m.HeldBack }

func outcome(name string, inA, inB, ofA, ofB int) Outcome {
	o := Outcome{Name: name, A: inA, B: inB, Verdict: Undecided}
	switch {
	case ofA == 0 || ofB == 0:
		o.Why = "the other side has no runs that count"
	case inA > 0 && inB > 0:
		o.Why = fmt.Sprintf("%s in both", name)
	case inB > 0:
		o.Verdict = Worse
	default:
		o.Verdict = Better
	}
	return o
}
