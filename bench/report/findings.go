package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// finding is a claim with the server that it compares plenum with.
type finding struct {
	claim
	rival        string
	mine, theirs float64
	missed       string   // how many of plenum's runs failed; empty: the figures are compared
	one          *finding // the same with a client of one loop; nil if that was not measured
}

// behind reports whether plenum has the worse figure.
func (f finding) behind() bool { return f.f.Best.Better(f.theirs, f.mine) }

// factor returns how many times the worse figure is the better one.
func (f finding) factor() float64 {
	if f.missed != "" {
		return math.Inf(1)
	}
	return max(f.mine/f.theirs, f.theirs/f.mine)
}

// strengths returns all leads, the largest factor first. Of a theme it has the first claim that holds, because the
// figures of an overloaded peer would always have the largest factor.
func strengths(d *results.Data) (list []finding) {
	for _, c := range claims {
		f, holds, _ := c.judge(d, claim.lead)
		if holds && !slices.ContainsFunc(list, func(g finding) bool { return g.theme == f.theme }) {
			list = append(list, f)
		}
	}
	return largestFirst(list)
}

// weaknesses returns the largest lag of each theme, the largest factor first.
func weaknesses(d *results.Data) (list []finding) {
	for _, c := range claims {
		if f, holds, _ := c.judge(d, claim.lag); holds {
			list = append(list, f)
		}
	}
	return largestFirst(list)
}

// largestFirst returns the finding with the largest factor of each theme, sorted by it.
func largestFirst(list []finding) []finding {
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(b.factor(), a.factor()) })
	named := map[string]bool{}
	return slices.DeleteFunc(list, func(f finding) bool {
		seen := named[f.theme]
		named[f.theme] = true
		return seen
	})
}

// themes returns how many themes have a run of plenum.
func themes(d *results.Data) int {
	found := map[string]bool{}
	for _, c := range claims {
		if d.At(c.entry, results.Plenum).Count() > 0 {
			found[c.theme] = true
		}
	}
	return len(found)
}

// times formats a factor.
func times(v float64) string {
	switch {
	case v < 2:
		return fmt.Sprintf("%.2f", v)
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	}
	return metric.Number(v)
}

func (f finding) value(v float64) string { return metric.Number(v) + f.unit }

// strength is the sentence about a lead.
func (f finding) strength() string {
	return f.compared(f.rival + ", the next best")
}

// weakness is the sentence about a lag.
func (f finding) weakness() string {
	if f.missed != "" {
		return fmt.Sprintf("**%s.** %s: plenum has no figure (%s). %s has %s, and no run failed.", f.theme, f.what, f.missed, f.rival, f.value(f.theirs))
	}
	return f.compared(f.rival)
}

func (f finding) compared(rival string) string {
	text := fmt.Sprintf("**%s.** %s: %s with plenum, %s with %s. That is a factor of %s.",
		f.theme, f.what, f.value(f.mine), f.value(f.theirs), rival, times(f.factor()))
	if f.one != nil {
		text += fmt.Sprintf(" With a client on one core it is %s (%s).", times(f.one.factor()), f.one.rival)
	}
	return text
}

// shownFindings is how many findings a summary has.
const shownFindings = 3

func shown(list []finding) []finding { return list[:min(len(list), shownFindings)] }

// strengthsPart lists the figures in which plenum is best.
func strengthsPart(d *results.Data) string {
	return markdown.Paragraphs(findingsText(d, strengths(d), finding.strength, "leads"), oneShapeLeads(d))
}

// oneShapeLeads names the leads that hold with one client shape only; empty if there is none.
func oneShapeLeads(d *results.Data) string {
	var list []string
	for _, c := range claims {
		if _, _, once := c.judge(d, claim.lead); once {
			list = append(list, strings.ToLower(c.what[:1])+c.what[1:])
		}
	}
	if len(list) == 0 {
		return ""
	}
	return markdown.Wrapped("Not counted, because plenum leads with one of the two clients only: "+strings.Join(list, "; ")+".", "")
}

// weaknessesPart lists the figures in which plenum loses.
func weaknessesPart(d *results.Data) string {
	return findingsText(d, weaknesses(d), finding.weakness, "loses")
}

// findingsText says in how many kinds of load plenum leads or loses, and has the largest differences. verb is "leads" or "loses".
func findingsText(d *results.Data, list []finding, sentence func(finding) string, verb string) string {
	if themes(d) == 0 {
		return noResults
	}
	count := fmt.Sprint(len(list))
	if len(list) == 0 {
		count = "none"
	}
	intro := fmt.Sprintf("plenum %s in %s of %d kinds of load, beyond the noise", verb, count, themes(d))
	switch {
	case len(list) == 0:
		intro += "."
	case len(list) > shownFindings:
		intro += ". The three largest differences:"
	default:
		intro += ":"
	}
	var out strings.Builder
	for i, f := range shown(list) {
		out.WriteString(markdown.Wrapped(fmt.Sprintf("%d. %s", i+1, sentence(f)), "   ") + "\n")
	}
	return markdown.Paragraphs(intro, out.String())
}
