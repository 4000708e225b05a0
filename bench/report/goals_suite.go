package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench/suite"
)

// measuredEverywhere is met if the target has runs in each entry in which a Go peer has runs.
func measuredEverywhere(text, target string) goal {
	return goal{"all", text, func(d *data) outcome {
		var missing []string
		some := false
		for _, e := range entries {
			measured := d.at(e.name, target).count() > 0
			some = some || measured
			if !measured && d.compared(e.name) {
				missing = append(missing, e.name)
			}
		}
		switch {
		case !some:
			return outcome{verdict: notMeasured}
		case len(missing) > 0:
			return outcome{rival: "not in " + strings.Join(missing, ", "), verdict: missed}
		}
		return outcome{verdict: met}
	}}
}

// repeated is met if each entry with runs has the planned repeats, of plenum and of each other target
// that was measured. A target whose runs all failed does not count, because there is no median to
// confirm.
func repeated(text string, entries []suite.Entry) goal {
	return goal{"all", text, func(d *data) outcome {
		var few []string
		if len(d.used()) == 0 {
			return outcome{verdict: notMeasured}
		}
		for _, p := range suite.Plan(entries, nil, 0) {
			if n, measured := d.repeats(p.Entry); measured && n < p.Repeats {
				few = append(few, fmt.Sprintf("%s %d of %d", p.Entry.ID, n, p.Repeats))
			}
		}
		return outcome{own: strings.Join(few, ", "), verdict: verdict(len(few) == 0)}
	}}
}

// repeats returns the fewest repeats of plenum and of another target with a sound run in an entry.
// measured is false if the entry has no runs.
func (d *data) repeats(e suite.Entry) (n int, measured bool) {
	if e.PlenumOnly {
		d = d.wire
	}
	names := append(d.measured(e.ID), d.among(variants, e.ID)...)
	n = d.at(e.ID, plenum).count()
	for _, name := range names {
		if c := d.at(e.ID, name); len(c.sound) > 0 {
			n = min(n, c.count())
		}
	}
	return n, len(names) > 0
}

// compared reports whether a Go peer has runs in an entry.
func (d *data) compared(entry string) bool {
	return slices.ContainsFunc(d.goPeers(), func(name string) bool { return d.at(entry, name).count() > 0 })
}
