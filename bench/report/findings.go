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
	missed       string // how many of plenum's runs failed; empty: the figures are compared
}

// factor returns how many times the worse figure is the better one.
func (f finding) factor() float64 {
	if f.missed != "" {
		return math.Inf(1)
	}
	return max(f.mine/f.theirs, f.theirs/f.mine)
}

// strengths returns the three leads with the largest factors. Of a theme it takes the first claim that
// holds, because the figures of an overloaded peer would always have the largest factor.
func strengths(d *results.Data) (list []finding) {
	for _, c := range claims {
		f, holds, _ := c.judge(d, claim.lead)
		if holds && !slices.ContainsFunc(list, func(g finding) bool { return g.theme == f.theme }) {
			list = append(list, f)
		}
	}
	return largest(list)
}

// weaknesses returns the three lags with the largest factors, at most one per theme.
func weaknesses(d *results.Data) (list []finding) {
	for _, c := range claims {
		if f, holds, _ := c.judge(d, claim.lag); holds {
			list = append(list, f)
		}
	}
	return largest(list)
}

// largest returns the three findings with the largest factors, at most one per theme.
func largest(list []finding) []finding {
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(b.factor(), a.factor()) })
	themes := map[string]bool{}
	list = slices.DeleteFunc(list, func(f finding) bool {
		seen := themes[f.theme]
		themes[f.theme] = true
		return seen
	})
	return list[:min(len(list), 3)]
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
	return fmt.Sprintf("**%s.** %s: %s with plenum, %s with the next best, %s. That is a factor of %s.",
		f.theme, f.what, f.value(f.mine), f.value(f.theirs), f.rival, times(f.factor()))
}

// weakness is the sentence about a lag.
func (f finding) weakness() string {
	if f.missed != "" {
		return fmt.Sprintf("**%s.** %s: plenum has no figure (%s). %s has %s, and no run failed.", f.theme, f.what, f.missed, f.rival, f.value(f.theirs))
	}
	return fmt.Sprintf("**%s.** %s: %s with plenum, %s with the best, %s. That is a factor of %s.",
		f.theme, f.what, f.value(f.mine), f.value(f.theirs), f.rival, times(f.factor()))
}

// strengthsPart lists the figures in which plenum is best.
func strengthsPart(d *results.Data) string {
	return findingsText(strengths(d), finding.strength, "plenum is not ahead of every peer in any figure by more than the noise.")
}

// weaknessesPart lists the figures in which plenum loses.
func weaknessesPart(d *results.Data) string {
	return findingsText(weaknesses(d), finding.weakness, "No peer is ahead of plenum in any figure by more than the noise.")
}

func findingsText(list []finding, sentence func(finding) string, none string) string {
	if len(list) == 0 {
		return none
	}
	var out strings.Builder
	for i, f := range list {
		out.WriteString(markdown.Wrapped(fmt.Sprintf("%d. %s", i+1, sentence(f)), "   ") + "\n")
	}
	return out.String()
}
