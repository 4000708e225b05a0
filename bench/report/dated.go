package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// commitOf returns the first digits of the commit of plenum in runs.
func commitOf(runs []*bench.Result) string {
	commit := cmp.Or(results.Distinct(runs, results.LabelOfPlenum("commit")), "unknown")
	return commit[:min(len(commit), 12)]
}

// origin says from which commit and days the figures of runs are.
func origin(runs []*bench.Result) string {
	const layout = "2006-01-02"
	first, last := runs[0].StartedAt.UTC().Format(layout), runs[len(runs)-1].StartedAt.UTC().Format(layout)
	if first == last {
		return fmt.Sprintf("from commit %s, measured on %s", commitOf(runs), first)
	}
	return fmt.Sprintf("from commit %s, measured from %s to %s", commitOf(runs), first, last)
}

// repeatsSoFar says how many repeats a set has that is not complete; empty if it is complete. It counts those of the table of all
// servers.
func repeatsSoFar(d *results.Data) string {
	least, most, sofar := math.MaxInt, 0, math.MaxInt
	complete := true
	for _, p := range suite.Plan(suite.Published(), nil, 0) {
		runs := d.At(p.Entry.ID, results.Plenum).Count()
		if runs == 0 || !slices.ContainsFunc(serverColumns, func(c column) bool { return c.entry == p.Entry.ID }) {
			continue
		}
		least, most, sofar = min(least, p.Repeats), max(most, p.Repeats), min(sofar, runs)
		complete = complete && runs >= p.Repeats
	}
	if complete {
		return ""
	}
	planned := fmt.Sprint(most)
	if least < most {
		planned = fmt.Sprintf("%d to %d", least, most)
	}
	return fmt.Sprintf("So far the set has %d of its %s repeats. With so few, a lead is weak evidence and may change. ", sofar, planned)
}

// nextSet says what the figures do not have yet: later changes of the method, and servers of the manifest.
func nextSet(d *results.Data) string {
	var names []string
	tuned := false
	for _, p := range d.Known {
		switch {
		case d.HasRuns(p.Name) || d.Absent("", p.Name) != markdown.NotMeasured:
		case p.Of != "":
			tuned = true
		default:
			names = append(names, p.Name)
		}
	}
	text := "All figures of plenum on this page are of that commit. The answers to later [objections](#how-to-object) changed this page, and settings of other servers."
	if len(names) > 0 {
		text += " The next set will have figures of " + strings.Join(names, ", ") + "."
	}
	if tuned {
		text += " The next set will have rows with tuned settings."
	}
	return text
}

// idleElsewhere says why other sections have another figure of plenum's memory per idle connection; empty
// if none has one.
func idleElsewhere(d *results.Data) string {
	var list []string
	for _, other := range []struct {
		title string
		of    *results.Data
	}{{"TLS and compression", d.Wire}, {channelsTitle, d.Channels}} {
		runs := other.of.At("idle", results.Plenum).Sound
		if other.of != d && len(runs) > 0 {
			list = append(list, idleAt(runs)+" in "+markdown.Section{Title: other.title}.Link())
		}
	}
	if d.Lab != nil {
		list = append(list, fmt.Sprintf("%d bytes (%s connections) in %s", d.Lab.Bytes, metric.Grouped(int64(d.Lab.Open)), markdown.Section{Title: "Millions of connections"}.Link()))
	}
	runs := d.At("idle", results.Plenum).Sound
	if len(list) == 0 || len(runs) == 0 {
		return ""
	}
	return markdown.Wrapped(fmt.Sprintf("plenum's memory per idle connection is %s here, %s. These are other builds of plenum, other numbers of connections, and for the millions another machine. So compare only figures of one section.",
		idleAt(runs), strings.Join(list, ", ")), "")
}

// idleAt returns the median memory per idle connection, with the number of connections and the commit.
func idleAt(runs []*bench.Result) string {
	bytes, _ := results.IdleBytes.Of(runs)
	count, _ := results.IdleCount.Of(runs)
	return fmt.Sprintf("%s bytes (%s KB; %s connections, commit %s)", metric.Number(bytes.Median), metric.Number(bytes.Median/kilobyte), metric.Number(count.Median), commitOf(runs))
}
