package report

import "strings"

// unmeasuredPart names the entries and goals without figures, and the servers that were skipped.
func unmeasuredPart(d *data) string {
	var names []string
	for _, e := range entries {
		of := d
		if e.within == wirePartName {
			of = d.wire
		}
		if len(of.measured(e.name)) == 0 && len(of.unused(e.name, d.servers())) == 0 {
			names = append(names, e.name)
		}
	}
	for _, part := range []struct {
		name string
		has  bool
	}{
		{"several nodes (plenum-bench suite --cluster)", len(d.cluster.used()) > 0}, {"Pusher Channels (plenum-bench suite --channels)", len(d.channels.used()) > 0},
		{"millions of connections (scripts/lab.sh)", d.lab != nil}, {"scale without sockets (make scale)", d.scale != nil},
	} {
		if !part.has {
			names = append(names, part.name)
		}
	}
	list := sentenceList("Without runs: ", names) + sentenceList("Without runs that count: ", d.uncounted()) + sentenceList("Goals without figures: ", d.unjudged())
	return paragraphs(list)
}

// uncounted returns the entries whose runs do not count, with the reason of one of them.
func (d *data) uncounted() (list []string) {
	for _, e := range entries {
		runs := d.unused(e.name, d.servers())
		if len(d.measured(e.name)) > 0 || len(runs) == 0 {
			continue
		}
		text := e.name + " (" + strings.Join(runs, ", ")
		for _, name := range d.servers() {
			if why := d.at(e.name, name).why; why != "" {
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
	return bullet("%s%s.", begin, strings.Join(names, "; "))
}
