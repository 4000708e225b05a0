package compare

import (
	"fmt"

	"plenum/bench/metric"
	"plenum/bench/spread"
)

// Report is the comparison of two sides.
type Report struct {
	A string `json:"a"` // path
	B string `json:"b"`

	Machines []Difference `json:"different_machines"`
	Entries  []Comparison `json:"entries"`
	OnlyA    []string     `json:"only_in_a"` // entry and server
	OnlyB    []string     `json:"only_in_b"`

	Better    int `json:"better"` // number of verdicts
	Worse     int `json:"worse"`
	Undecided int `json:"undecided"`
	Lacking   int `json:"lacks_runs"` // undecided metrics with too few runs
	Broken    int `json:"failed_conditions"`

	onlyB  []*Group
	failed []string // conditions that failed for onlyB
}

// New compares the groups of a with the groups of b, in the pairs of Sides.
func New(a, b *Side, o Options) *Report {
	pairs, onlyA, onlyB := Sides(a, b)
	r := &Report{
		A: a.Name, B: b.Name, Machines: machineDifferences(a, b), Entries: []Comparison{},
		OnlyA: titles(onlyA), OnlyB: titles(onlyB), onlyB: onlyB,
	}
	for _, pair := range pairs {
		r.Entries = append(r.Entries, Compare(a, b, pair, o))
	}
	for _, c := range r.Entries {
		r.count(c)
	}
	return r
}

func titles(groups []*Group) []string {
	names := []string{}
	for _, g := range groups {
		names = append(names, g.Entry+" "+g.Server)
	}
	return names
}

func (r *Report) count(c Comparison) {
	verdicts := map[Verdict]*int{Better: &r.Better, Worse: &r.Worse, Undecided: &r.Undecided}
	for _, o := range c.Outcomes {
		*verdicts[o.Verdict]++
	}
	for _, row := range c.Rows {
		*verdicts[row.Verdict]++
		if row.Lacking {
			r.Lacking++
		}
	}
}

// Different returns one line for each pair whose options differ.
func (r *Report) Different() (lines []string) {
	for _, c := range r.Entries {
		for _, d := range c.Different {
			lines = append(lines, fmt.Sprintf("%s %s: %v", c.Entry, c.B.Server, d))
		}
	}
	return lines
}

// Judge adds the conditions that the medians of B fail, also in entries that A does not have, and counts them. It returns an error if
// no entry has the metric of a condition.
func (r *Report) Judge(conditions []metric.Condition) error {
	for _, condition := range conditions {
		found := false
		for i := range r.Entries {
			found = r.judge(&r.Entries[i], condition) || found
		}
		for _, g := range r.onlyB {
			text, measured := judged(g, condition)
			if text != "" {
				r.failed = append(r.failed, g.Entry+" "+g.Server+", "+text)
				r.Broken++
			}
			found = found || measured
		}
		if !found {
			return fmt.Errorf("no entry measures %s", condition.Metric.Name)
		}
	}
	return nil
}

// judge checks a condition in one entry. measured is false if the entry has no such metric.
func (r *Report) judge(c *Comparison, condition metric.Condition) (measured bool) {
	text, measured := judged(c.Pair.B, condition)
	if text != "" {
		c.Broken = append(c.Broken, text)
		r.Broken++
	}
	return measured
}

// judged returns why a condition fails the median of a group; empty if it does not. measured is false if the scenario has
// no such metric.
func judged(g *Group, condition metric.Condition) (text string, measured bool) {
	if condition.Check(g.Scenario) != nil {
		return "", false
	}
	var figure *float64
	if s := spread.Of(g.Values(condition.Metric)); s.N > 0 {
		figure = &s.Median
	}
	return condition.Text(figure), true
}
