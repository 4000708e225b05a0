package goals

import (
	"fmt"
	"math"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/spread"
)

// goal is a condition on plenum's results in an entry.
type goal struct {
	entry, text string
	judge       func(d *results.Data) outcome
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

func noiseCell(d *results.Data, entry string, f results.Figure) string {
	ratio, ok := d.Noise(entry, f)
	if !ok {
		return markdown.NotMeasured
	}
	return metric.Number(ratio)
}

// own returns plenum's side of an outcome: of plenum itself or of a variant. done means that
// there is nothing to compare, because a run failed or was held back, or none was measured.
func own(d *results.Data, of results.Key, f results.Figure) (o outcome, s spread.Spread, done bool) {
	o = outcome{own: markdown.NoFigure, rival: markdown.NoFigure, ratio: markdown.NoFigure, noise: noiseCell(d, of.Entry, f), verdict: markdown.NotMeasured}
	c := d.At(of.Entry, of.Target)
	if lost := c.MissedSummary(); lost != "" {
		o.own, o.verdict = lost, missed
		return o, s, true
	}
	s, measured := f.Of(c.Sound)
	if measured {
		o.own = s.String()
	}
	return o, s, !measured
}

// compared is a goal on the ratio to the best rival: at most limit, or at least limit if
// higher figures are better.
func compared(entry, text string, f results.Figure, limit float64, against results.Rivals) goal {
	return comparedOf(results.Key{Entry: entry, Target: results.Plenum}, text, f, limit, against)
}

func comparedOf(of results.Key, text string, f results.Figure, limit float64, against results.Rivals) goal {
	return goal{of.Entry, text, func(d *results.Data) outcome {
		o, mine, done := own(d, of, f)
		name, theirs, found := against.Best(d, f)
		lost, all := against.AllMissed(d)
		switch {
		case done:
		case found && theirs.Median > 0:
			o.rival = name + " " + theirs.String()
			compare(d, &o, of, f, mine.Median, theirs.Median, limit)
			if d.Tied(of.Entry, f, f.Values(d.At(of.Entry, of.Target).Sound), against.Values(d, f, name)) {
				o.ratio += ", a tie"
			}
		case all:
			o.rival, o.verdict = lost, met
		}
		if strings.HasPrefix(o.verdict, met) && len(against.Inconclusive(d)) > 0 {
			o.verdict = undecided
		}
		return o
	}}
}

// compare writes ratio and verdict of an outcome.
func compare(d *results.Data, o *outcome, of results.Key, f results.Figure, mine, theirs, limit float64) {
	holds := func(v float64) bool { return !f.Best.Better(limit, v/theirs) }
	ratio := mine / theirs
	o.ratio = metric.Number(ratio)
	o.verdict = everyRun(verdict(holds(mine)), f.Values(d.At(of.Entry, of.Target).Sound), holds)
	if d.Near(of.Entry, f, ratio, limit) {
		o.verdict += ", within the noise"
	}
}

// bounded is a goal on the figure itself: at most this value.
func bounded(entry, text string, f results.Figure, most float64) goal {
	return goal{entry, text, func(d *results.Data) outcome {
		o, mine, done := own(d, results.Key{Entry: entry, Target: results.Plenum}, f)
		if !done {
			holds := func(v float64) bool { return v <= most }
			o.verdict = everyRun(verdict(holds(mine.Median)), f.Values(d.At(entry, results.Plenum).Sound), holds)
		}
		return o
	}}
}

// below returns the highest number less than v, to use as a limit that excludes v.
func below(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }
