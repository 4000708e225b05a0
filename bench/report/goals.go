package report

import (
	"fmt"
	"math"
	"strings"
)

// goal is a condition on plenum's results in an entry.
type goal struct {
	entry, text string
	judge       func(d *data) outcome
}

// outcome is a goal's row in the table. Columns that a goal does not use are empty.
type outcome struct{ own, rival, ratio, noise, verdict string }

const (
	met       = "met"
	missed    = "**missed**"
	undecided = "undecided"
)

func verdict(holds bool) string {
	if holds {
		return met
	}
	return missed
}

const goalsText = `A ratio is plenum's median divided by the rival's. The peers are %s; the Go peers among them are %s.
"The best peer" and "every Go peer" mean peers that were measured. raw is a lower bound and not a peer.
The noise floor is the ratio of two measurements of the same plenum: no ratio is more accurate than that.

A goal is missed if any run of plenum failed or was held back. A rival whose runs all failed or were held back has no figure,
and plenum is better. There are two exceptions, because the generator may be the cause: a rival's run that failed while the
generator was overrun, and one that was held back while the generator was at its limit. A goal that depends on such runs alone
is undecided.`

// goalsPart returns the table of all goals with its explanation.
func goalsPart(d *data) string {
	if len(d.used()) == 0 {
		return "Not measured."
	}
	t := table{{"entry", "goal", "plenum", "rival", "ratio", "noise floor", "verdict"}}
	for _, b := range d.goals() {
		o := b.judge(d)
		t = append(t, []string{b.entry, b.text, o.own, o.rival, o.ratio, o.noise, o.verdict})
	}
	text := fmt.Sprintf(goalsText, strings.Join(peers, ", "), strings.Join(goPeers, ", "))
	first, second, _ := strings.Cut(text, "\n\n")
	return paragraphs(wrapped(first, ""), wrapped(second, ""), t.words())
}

// noise returns the ratio of the second measurement of plenum to the first.
func noise(d *data, entry string, f figure) (ratio float64, ok bool) {
	first, measured := f.of(d.at(entry, plenum).sound)
	second, repeated := f.of(d.at(entry, again).sound)
	return second.median / first.median, measured && repeated && first.median != 0
}

func noiseCell(d *data, entry string, f figure) string {
	ratio, ok := noise(d, entry, f)
	if !ok {
		return notMeasured
	}
	return number(ratio)
}

// own returns plenum's side of an outcome: of plenum itself or of a variant. done means that
// there is nothing to compare, because a run failed or was held back, or none was measured.
func own(d *data, of key, f figure) (o outcome, s spread, done bool) {
	o = outcome{own: noFigure, rival: noFigure, ratio: noFigure, noise: noiseCell(d, of.entry, f), verdict: notMeasured}
	c := d.at(of.entry, of.target)
	if lost := c.missedSummary(); lost != "" {
		o.own, o.verdict = lost, missed
		return o, s, true
	}
	s, measured := f.of(c.sound)
	if measured {
		o.own = s.String()
	}
	return o, s, !measured
}

// compared is a goal on the ratio to the best rival: at most limit, or at least limit if
// higher figures are better.
func compared(entry, text string, f figure, limit float64, against rivals) goal {
	return comparedOf(key{entry, plenum}, text, f, limit, against)
}

func comparedOf(of key, text string, f figure, limit float64, against rivals) goal {
	return goal{of.entry, text, func(d *data) outcome {
		o, mine, done := own(d, of, f)
		name, theirs, found := against.best(d, f)
		lost, all := against.allMissed(d)
		switch {
		case done:
		case found && theirs.median > 0:
			ratio := mine.median / theirs.median
			o.rival, o.ratio = name+" "+theirs.String(), number(ratio)
			o.verdict = verdict(!f.best.better(limit, ratio))
		case all:
			o.rival, o.verdict = lost, met
		}
		if o.verdict == met && len(against.inconclusive(d)) > 0 {
			o.verdict = undecided
		}
		return o
	}}
}

// bounded is a goal on the figure itself: at most this value.
func bounded(entry, text string, f figure, most float64) goal {
	return goal{entry, text, func(d *data) outcome {
		o, mine, done := own(d, key{entry, plenum}, f)
		if !done {
			o.verdict = verdict(mine.median <= most)
		}
		return o
	}}
}

// below returns the highest number less than v, to use as a limit that excludes v.
func below(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }
