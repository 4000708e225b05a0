package report

import (
	"strings"

	"plenum/bench/report/goals"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// unmeasuredPart names the entries and goals without figures, and the servers that were skipped.
func unmeasuredPart(d *results.Data) string {
	var names []string
	for _, e := range results.Entries {
		of := d
		if e.Within == results.WireFolder {
			of = d.Wire
		}
		if len(of.Measured(e.Name)) == 0 && len(countUnused(of, e.Name, d.Servers())) == 0 {
			names = append(names, e.Name)
		}
	}
	for _, part := range []struct {
		name string
		has  bool
	}{
		{"several nodes (plenum-bench suite --cluster)", len(d.Cluster.Used()) > 0}, {"Pusher Channels (plenum-bench suite --channels)", len(d.Channels.Used()) > 0},
		{"millions of connections (scripts/lab.sh)", d.Lab != nil}, {"scale without sockets (make scale)", d.Scale != nil},
	} {
		if !part.has {
			names = append(names, part.name)
		}
	}
	list := sentenceList("Without runs: ", names) + sentenceList("Without runs that count: ", uncounted(d)) + sentenceList("Goals without figures: ", goals.Unjudged(d))
	return markdown.Paragraphs(list)
}

// uncounted returns the entries whose runs do not count, with the reason of one of them.
func uncounted(d *results.Data) (list []string) {
	for _, e := range results.Entries {
		runs := countUnused(d, e.Name, d.Servers())
		if len(d.Measured(e.Name)) > 0 || len(runs) == 0 {
			continue
		}
		text := e.Name + " (" + strings.Join(runs, ", ")
		for _, name := range d.Servers() {
			if why := d.At(e.Name, name).Why; why != "" {
				text += "; for example " + name + ": " + why
				break
			}
		}
		list = append(list, text+")")
	}
	return list
}

// sentenceList returns a list item that names things; none if there are none.
func sentenceList(begin string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return markdown.Bullet("%s%s.", begin, strings.Join(names, "; "))
}
