package goals

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// measuredEverywhere is met if the target has runs in each entry in which a Go peer has runs.
func measuredEverywhere(text, target string) goal {
	return goal{"all", text, func(d *results.Data) outcome {
		var missing []string
		some := false
		for _, e := range results.Entries {
			measured := d.At(e.Name, target).Count() > 0
			some = some || measured
			if !measured && hasGoPeer(d, e.Name) {
				missing = append(missing, e.Name)
			}
		}
		switch {
		case !some:
			return outcome{verdict: markdown.NotMeasured}
		case len(missing) > 0:
			return outcome{rival: "not in " + strings.Join(missing, ", "), verdict: missed}
		}
		return outcome{verdict: met}
	}}
}

// repeated is met if each entry with runs has the planned repeats, of plenum and of each other target
// that was measured. A target whose runs all failed does not count, because there is no median to
// confirm. Results of other suites, such as a quick one, have other repeats, and no verdict.
func repeated(text string, entries []suite.Entry) goal {
	return goal{"all", text, func(d *results.Data) outcome {
		var few []string
		if len(d.Used()) == 0 || !d.Published {
			return outcome{verdict: markdown.NotMeasured}
		}
		for _, p := range suite.Plan(entries, nil, 0) {
			if n, measured := repeats(d, p.Entry); measured && n < p.Repeats {
				few = append(few, fmt.Sprintf("%s %d of %d", p.Entry.ID, n, p.Repeats))
			}
		}
		return outcome{own: strings.Join(few, ", "), verdict: verdict(len(few) == 0)}
	}}
}

// repeats returns the fewest repeats of plenum and of another target with a sound run in an entry.
// measured is false if the entry has no runs.
func repeats(d *results.Data, e suite.Entry) (n int, measured bool) {
	if e.PlenumOnly {
		d = d.Wire
	}
	names := append(d.Measured(e.ID), d.Among(results.Variants, e.ID)...)
	n = d.At(e.ID, results.Plenum).Count()
	for _, name := range names {
		if c := d.At(e.ID, name); len(c.Sound) > 0 {
			n = min(n, c.Count())
		}
	}
	return n, len(names) > 0
}

// hasGoPeer reports whether a Go peer has runs in an entry.
func hasGoPeer(d *results.Data, entry string) bool {
	return slices.ContainsFunc(d.GoPeers(), func(name string) bool { return d.At(entry, name).Count() > 0 })
}
