package report

import (
	"fmt"
	"slices"
	"strings"
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

// repeatedAtLeast is met if each entry with runs has this number of repeats, of plenum and of each
// other target that was measured. Entries that are measured once do not count. A target whose runs all failed does not count, because
// there is no median to confirm.
func repeatedAtLeast(text string, want int) goal {
	return goal{"all", text, func(d *data) outcome {
		var few []string
		if len(d.used()) == 0 {
			return outcome{verdict: notMeasured}
		}
		for _, e := range entries {
			d := d
			if e.within == wirePartName {
				d = d.wire
			}
			if e.onceEnough || e.within == "" && len(d.measured(e.name)) == 0 || e.within == wirePartName && !d.hasVariants() {
				continue // the report says which entries have no runs
			}
			n := d.at(e.name, plenum).count()
			for _, name := range append(d.measured(e.name), d.among(variants, e.name)...) {
				if c := d.at(e.name, name); len(c.sound) > 0 {
					n = min(n, c.count())
				}
			}
			if n < want {
				few = append(few, fmt.Sprintf("%s %d", e.name, n))
			}
		}
		return outcome{own: strings.Join(few, ", "), verdict: verdict(len(few) == 0)}
	}}
}

// compared reports whether a Go peer has runs in an entry.
func (d *data) compared(entry string) bool {
	return slices.ContainsFunc(d.goPeers(), func(name string) bool { return d.at(entry, name).count() > 0 })
}
