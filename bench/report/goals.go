package report

import (
	"fmt"
	"math"
	"strings"

	"plenum/bench/spread"
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

// everyRun adds to a verdict that is met by the median how many of the runs miss the goal.
func everyRun(verdict string, values []float64, holds func(v float64) bool) string {
	few := 0
	for _, v := range values {
		if !holds(v) {
			few++
		}
	}
	if verdict != met || few == 0 {
		return verdict
	}
	return fmt.Sprintf("met by the median, not by %d of %d runs", few, len(values))
}

// noise returns the ratio of the second measurement of plenum to the first.
func noise(d *data, entry string, f figure) (ratio float64, ok bool) {
	first, measured := f.of(d.at(entry, plenum).sound)
	second, repeated := f.of(d.at(entry, again).sound)
	return second.Median / first.Median, measured && repeated && first.Median != 0
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
func own(d *data, of key, f figure) (o outcome, s spread.Spread, done bool) {
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
		case found && theirs.Median > 0:
			o.rival = name + " " + theirs.String()
			d.compare(&o, of, f, mine.Median, theirs.Median, limit)
			if d.tied(of.entry, f, f.values(d.at(of.entry, of.target).sound), against.values(d, f, name)) {
				o.ratio += ", a tie"
			}
		case all:
			o.rival, o.verdict = lost, met
		}
		if strings.HasPrefix(o.verdict, met) && len(against.inconclusive(d)) > 0 {
			o.verdict = undecided
		}
		return o
	}}
}

// compare writes ratio and verdict of an outcome.
func (d *data) compare(o *outcome, of key, f figure, mine, theirs, limit float64) {
	holds := func(v float64) bool { return !f.best.better(limit, v/theirs) }
	ratio := mine / theirs
	o.ratio = number(ratio)
	o.verdict = everyRun(verdict(holds(mine)), f.values(d.at(of.entry, of.target).sound), holds)
	if d.near(of.entry, f, ratio, limit) {
		o.verdict += ", within the noise"
	}
}

// bounded is a goal on the figure itself: at most this value.
func bounded(entry, text string, f figure, most float64) goal {
	return goal{entry, text, func(d *data) outcome {
		o, mine, done := own(d, key{entry, plenum}, f)
		if !done {
			holds := func(v float64) bool { return v <= most }
			o.verdict = everyRun(verdict(holds(mine.Median)), f.values(d.at(entry, plenum).sound), holds)
		}
		return o
	}}
}

// below returns the highest number less than v, to use as a limit that excludes v.
func below(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }
