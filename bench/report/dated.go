package report

import (
	"cmp"
	"fmt"
	"strings"

	"plenum/bench"
)

// commitOf returns the first digits of the commit of plenum in runs.
func commitOf(runs []*bench.Result) string {
	commit := cmp.Or(distinct(runs, labelOfPlenum("commit")), "unknown")
	return commit[:min(len(commit), 12)]
}

// origin says from which commit and day the figures of runs are.
func origin(runs []*bench.Result) string {
	return fmt.Sprintf("from commit %s, measured on %s", commitOf(runs), runs[0].StartedAt.UTC().Format("2006-01-02"))
}

// nextSet says what the figures do not have yet: later changes of the method, and servers of the manifest.
func nextSet(d *data) string {
	var names []string
	tuned := false
	for _, p := range d.known {
		switch {
		case d.hasRuns(p.Name) || d.absent("", p.Name) != notMeasured:
		case p.Of != "":
			tuned = true
		default:
			names = append(names, p.Name)
		}
	}
	text := "Every figure on this page is from that commit and day. The page describes today's method. Everything that has [changed in between](#how-to-object) arrives with the next set of figures."
	if len(names) > 0 {
		text += " So do figures of " + strings.Join(names, ", ") + "."
	}
	if tuned {
		text += " So do rows with tuned settings."
	}
	return text
}

// objectionsPart says which objections the figures are older than; empty without runs.
func objectionsPart(d *data) string {
	runs := d.used()
	if len(runs) == 0 {
		return ""
	}
	return wrapped("The figures above are "+origin(runs)+". They include the answer to a later objection only if the answer needed no new runs.", "")
}

// idleElsewhere says why other sections have another figure of plenum's memory per idle connection; empty
// if none has one.
func idleElsewhere(d *data) string {
	var list []string
	for _, other := range []struct {
		title string
		of    *data
	}{{"TLS and compression", d.wire}, {channelsTitle, d.channels}} {
		runs := other.of.at("idle", plenum).sound
		if other.of != d && len(runs) > 0 {
			list = append(list, idleAt(runs)+" in "+section{title: other.title}.link())
		}
	}
	if d.lab != nil {
		list = append(list, fmt.Sprintf("%d bytes (%s connections) in %s", d.lab.bytes, grouped(int64(d.lab.open)), section{title: "Millions of connections"}.link()))
	}
	runs := d.at("idle", plenum).sound
	if len(list) == 0 || len(runs) == 0 {
		return ""
	}
	return wrapped(fmt.Sprintf("plenum's memory per idle connection is %s here, %s. These are other builds of plenum, other numbers of connections, and for the millions another machine. So compare only figures of one section.",
		idleAt(runs), strings.Join(list, ", ")), "")
}

// idleAt returns the median memory per idle connection, with the number of connections and the commit.
func idleAt(runs []*bench.Result) string {
	bytes, _ := idleBytes.of(runs)
	count, _ := idleCount.of(runs)
	return fmt.Sprintf("%s bytes (%s KB; %s connections, commit %s)", number(bytes.Median), number(bytes.Median/kilobyte), number(count.Median), commitOf(runs))
}
