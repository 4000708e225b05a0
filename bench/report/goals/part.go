package goals

import (
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

const goalsText = `A ratio is plenum's median divided by the rival's. "The best peer" and "every Go peer" mean peers that were measured.
raw is a lower bound and not a peer. The noise floor is the ratio of two measurements of the same plenum. A tie is a ratio within
the noise, as [the method](#how-it-is-measured) defines it. A verdict says "within the noise" if the ratio is closer to its limit than
the noise floor.

A goal is missed if any run of plenum failed or was held back. A rival whose runs all failed or were held back has no figure,
and plenum is better. There are two exceptions, because the generator may be the cause: a rival's run that failed while the
generator was overrun, and one that was held back while the generator was at its limit. A goal that depends on such runs alone
is undecided.`

// Part returns the table of the goals that have figures, with its explanation.
func Part(d *results.Data) string {
	t := markdown.Table{{"entry", "goal", "plenum", "rival", "ratio", "noise floor", "verdict"}}
	for _, g := range shown(d) {
		if o := g.outcome(d); o.verdict != markdown.NotMeasured {
			t = append(t, []string{g.entry, g.text, o.own, o.rival, o.ratio, o.noise, o.verdict})
		}
	}
	if len(t) == 1 {
		return ""
	}
	first, second, _ := strings.Cut(goalsText, "\n\n")
	return markdown.Paragraphs(markdown.Wrapped(first, ""), markdown.Wrapped(second, ""), t.Words())
}

// outcome judges the goal, with both client shapes if both were measured.
func (g goal) outcome(d *results.Data) outcome {
	o := g.judge(d)
	one := d.WithOneLoop()
	if one.At(g.entry, results.Plenum).Count() == 0 {
		return o
	}
	if p := g.judge(one); p.verdict != markdown.NotMeasured && p.verdict != o.verdict {
		o.verdict += "; with a one-loop client " + p.verdict
	}
	return o
}

// Unjudged returns the goals without figures. Those of entries without runs are not among them,
// because the entries are named.
func Unjudged(d *results.Data) (list []string) {
	for _, g := range shown(d) {
		if len(d.Measured(g.entry)) > 0 && g.outcome(d).verdict == markdown.NotMeasured {
			list = append(list, g.entry+": "+g.text)
		}
	}
	return list
}
