package report

import (
	"slices"
	"strings"

	"plenum/bench/suite"
)

// reasons says why servers have no figure of an entry: "bun, uws (not measured); gws (failed 5 of 5)".
func (d *data) reasons(entry string, names []string) string {
	var order []string
	by := map[string][]string{}
	for _, name := range names {
		why := d.absent(entry, name)
		if by[why] == nil {
			order = append(order, why)
		}
		by[why] = append(by[why], name)
	}
	for i, why := range order {
		order[i] = strings.Join(by[why], ", ") + " (" + why + ")"
	}
	return strings.Join(order, "; ")
}

// absent says why a server has no figure of an entry.
func (d *data) absent(entry, name string) string {
	c := d.at(entry, name)
	for _, s := range d.skipped {
		if s.Name == name && c.count() == 0 {
			why, _, _ := strings.Cut(s.Why, ";")
			return "skipped, " + why
		}
	}
	switch {
	case c.count() > 0:
		return c.missedSummary()
	case c.rejected+c.invalid+c.cut > 0:
		return "no run counts"
	case d.leftOut(entry, name):
		return leftOut
	}
	return notMeasured
}

// leftOut is the reason if the suite does not measure a server in an entry.
const leftOut = "left out by the suite"

// leftOut reports whether the suite does not measure a server in an entry, though it was measured in
// others.
func (d *data) leftOut(entry, name string) bool {
	e, known := suiteEntry(entry)
	return known && d.hasRuns(name) && (e.Untuned && d.tuned(name) || e.Servers != nil && !slices.Contains(e.Servers, name))
}

// suiteEntry returns the entry of the suite with this ID.
func suiteEntry(id string) (e suite.Entry, known bool) {
	all := suite.Published()
	i := slices.IndexFunc(all, func(e suite.Entry) bool { return e.ID == id })
	if i < 0 {
		return e, false
	}
	return all[i], true
}

// hasRuns reports whether a server has runs in any entry.
func (d *data) hasRuns(name string) bool {
	for k, c := range d.cells {
		if k.target == name && c.count() > 0 {
			return true
		}
	}
	return false
}

// tuned reports whether a server is a second configuration of another one.
func (d *data) tuned(name string) bool {
	return slices.ContainsFunc(d.known, func(p peer) bool { return p.Name == name && p.Of != "" })
}
