package results

import (
	"cmp"
	"slices"
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/suite"
)

// Reasons says why servers have no figure of an entry: "bun, uws (not measured); gws (failed 5 of 5)".
func (d *Data) Reasons(entry string, names []string) string {
	var order []string
	by := map[string][]string{}
	for _, name := range names {
		why := d.Absent(entry, name)
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

// Absent says why a server has no figure of an entry.
func (d *Data) Absent(entry, name string) string {
	c := d.At(entry, name)
	for _, s := range d.Skipped {
		if s.Name == name && c.Count() == 0 {
			why, _, _ := strings.Cut(s.Why, ";")
			return "skipped, " + why
		}
	}
	switch {
	case c.Count() > 0:
		return cmp.Or(c.MissedSummary(), "no figure above 0")
	case c.Rejected+c.Invalid+c.Cut > 0:
		return "no run counts"
	case d.leftOut(entry, name):
		return LeftOut
	case c.Other > 0:
		return "only runs of another set"
	}
	return cmp.Or(d.noRoute(entry, name), markdown.NotMeasured)
}

// LeftOut is the reason if the suite does not measure a server in an entry.
const LeftOut = "left out by the suite"

// leftOut reports whether the suite does not measure a server in an entry, though it was measured in
// others.
func (d *Data) leftOut(entry, name string) bool {
	e, known := SuiteEntry(entry)
	return known && d.HasRuns(name) && (e.Untuned && d.Tuned(name) || e.Servers != nil && !slices.Contains(e.Servers, name))
}

// noRoute says which route that an entry needs a peer does not have; empty if it has them.
func (d *Data) noRoute(entry, name string) string {
	e, _ := SuiteEntry(entry)
	i := slices.IndexFunc(d.Known, func(p Peer) bool { return p.Name == name })
	switch {
	case i >= 0 && e.Echo && d.Known[i].Echo == "":
		return "no route for echo"
	case i >= 0 && e.Topics && d.Known[i].Topics == nil:
		return "no route for connections in many rooms"
	}
	return ""
}

// SuiteEntry returns the entry of the suite with this ID.
func SuiteEntry(id string) (e suite.Entry, known bool) {
	all := suite.Published()
	i := slices.IndexFunc(all, func(e suite.Entry) bool { return e.ID == id })
	if i < 0 {
		return e, false
	}
	return all[i], true
}

// HasRuns reports whether a server has runs in any entry.
func (d *Data) HasRuns(name string) bool {
	for k, c := range d.cells {
		if k.Target == name && c.Count() > 0 {
			return true
		}
	}
	return false
}

// Tuned reports whether a server is a second configuration of another one.
func (d *Data) Tuned(name string) bool {
	return slices.ContainsFunc(d.Known, func(p Peer) bool { return p.Name == name && p.Of != "" })
}
