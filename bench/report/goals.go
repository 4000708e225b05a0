package report

import (
	"fmt"
	"math"
	"strings"
)

// goal is what the server has to reach in an entry.
type goal struct {
	entry, text string
	judge       func(d *data) outcome
}

// outcome is what became of a goal. Where a goal has no use for a column, it is empty.
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

const goalsText = `Ratios are of medians, plenum's to the rival's. A peer is any of %s;
of them %s are the Go peers. raw is the limit, not a peer: "the best peer" and
"every Go peer" leave it out, and mean those that were measured. Noise floor is the same ratio of the same server
measured a second time: a ratio is known no better than that. A bar is missed where any run of plenum failed or was held
back; a rival all of whose runs failed or were held back has no figure and is beaten. But a failed run of a rival in which
the generator was overrun proves nothing, nor does one that was held back while the generator was at its limit, and what
would rest on such runs alone is undecided.`

// goalsPart is the table of all goals.
func goalsPart(d *data) string {
	if len(d.used()) == 0 {
		return "Not measured."
	}
	t := table{{"entry", "bar", "plenum", "rival", "ratio", "noise floor", "verdict"}}
	for _, b := range goals {
		o := b.judge(d)
		t = append(t, []string{b.entry, b.text, o.own, o.rival, o.ratio, o.noise, o.verdict})
	}
	text := fmt.Sprintf(goalsText, strings.Join(peers, ", "), strings.Join(goPeers, ", "))
	return paragraphs(wrapped(text, ""), t.words())
}

// noise is the ratio of the same server's second measurement to its first.
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

// own begins the outcome of a figure of plenum, or of one of its kinds; done where there
// is nothing to compare.
func own(d *data, of key, f figure) (o outcome, s spread, done bool) {
	o = outcome{own: noFigure, rival: noFigure, ratio: noFigure, noise: noiseCell(d, of.entry, f), verdict: notMeasured}
	c := d.at(of.entry, of.target)
	if lost := c.lost(); lost != "" {
		o.own, o.verdict = lost, missed
		return o, s, true
	}
	s, measured := f.of(c.sound)
	if measured {
		o.own = s.String()
	}
	return o, s, !measured
}

// compared is a goal on the ratio to the best rival: at most limit, or at least where
// more is better.
func compared(entry, text string, f figure, limit float64, against rivals) goal {
	return comparedOf(key{entry, plenum}, text, f, limit, against)
}

func comparedOf(of key, text string, f figure, limit float64, against rivals) goal {
	return goal{of.entry, text, func(d *data) outcome {
		o, mine, done := own(d, of, f)
		name, theirs, found := against.best(d, f)
		lost, all := against.missed(d)
		switch {
		case done:
		case found && theirs.median > 0:
			ratio := mine.median / theirs.median
			o.rival, o.ratio = name+" "+theirs.String(), number(ratio)
			o.verdict = verdict(!f.best.better(limit, ratio))
		case all:
			o.rival, o.verdict = lost, met
		}
		if o.verdict == met && len(against.open(d)) > 0 {
			o.verdict = undecided
		}
		return o
	}}
}

// bounded is a goal on the figure itself.
func bounded(entry, text string, f figure, most float64) goal {
	return goal{entry, text, func(d *data) outcome {
		o, mine, done := own(d, key{entry, plenum}, f)
		if !done {
			o.verdict = verdict(mine.median <= most)
		}
		return o
	}}
}

// below is the highest limit that excludes v.
func below(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }
