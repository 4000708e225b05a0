package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plenum/bench"
)

// entryPart returns an entry's load, command and table, with failures, the noise floor and unused
// runs, and the same for the client with one loop. It is empty if no server has runs.
func entryPart(d *data, e entryKind) string {
	measured := d.measured(e.name)
	if len(measured) == 0 {
		return ""
	}
	return paragraphs(wrapped(e.text, ""), entryFigures(d, e, measured), missingText(d, e.name), oneLoopPart(d, e))
}

func entryFigures(d *data, e entryKind, measured []string) string {
	return paragraphs(command(d, e.name), entryTable(d, e, measured).figures(), missedText(d, e.name, measured),
		notesText(d, e.name, measured), noiseText(d, e), unusedText(d, e.name), byLatencyPart(d, e))
}

// oneLoopPart returns the table of the client with one loop; empty if it was not measured.
func oneLoopPart(d *data, e entryKind) string {
	e.name += oneLoop
	measured := d.measured(e.name)
	if len(measured) == 0 {
		return ""
	}
	return paragraphs("The same load from a client with one loop:", entryFigures(d, e, measured))
}

// command returns the command of plenum's first run. In older results it has an old name of --connections.
func command(d *data, entry string) string {
	runs := d.at(entry, plenum).shown()
	if len(runs) == 0 || runs[0].Labels["command"] == "" {
		return ""
	}
	return "```sh\n" + strings.ReplaceAll(runs[0].Labels["command"], " --steps ", " --connections ") + "\n```"
}

func entryTable(d *data, e entryKind, measured []string) table {
	head := []string{"server", "runs"}
	for _, f := range e.columns {
		head = append(head, f.title)
	}
	if e.limited {
		head = append(head, "limited by")
	}
	t := table{head}
	for _, name := range measured {
		t = append(t, entryRow(e, name, d.at(e.name, name)))
	}
	return t
}

func entryRow(e entryKind, name string, c *cell) []string {
	row := []string{name, runsText(c)}
	for _, f := range e.columns {
		row = append(row, figureText(f, c.shown()))
	}
	if e.limited {
		row = append(row, limits(c.shown()))
	}
	return row
}

func runsText(c *cell) string {
	lost := c.missedSummary()
	switch {
	case lost == "":
		return fmt.Sprint(c.count())
	case len(c.held) == 0:
		return lost
	}
	return lost + ": " + figureText(heldMessages, c.held) + " % of the messages"
}

func figureText(f figure, runs []*bench.Result) string {
	s, ok := f.of(runs)
	if !ok {
		return noFigure
	}
	return s.String()
}

// limits returns the LimitedBy values of the searches for the highest rate, with their counts.
func limits(runs []*bench.Result) string {
	counts := map[string]int{}
	for _, r := range runs {
		if r.Saturate != nil {
			counts[r.Saturate.LimitedBy]++
		}
	}
	var list []string
	for _, by := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s (%d)", by, counts[by]))
	}
	return strings.Join(list, ", ")
}

// noiseText returns the ratios of two measurements of plenum.
func noiseText(d *data, e entryKind) string {
	var list []string
	for _, f := range e.columns {
		if ratio, ok := noise(d, e.name, f); ok && f.title != idleCount.title {
			name, _, _ := strings.Cut(f.title, ",")
			list = append(list, name+" "+number(ratio))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return wrapped("Noise floor (ratio of two measurements of the same plenum): "+strings.Join(list, ", ")+".", "")
}

// missingText says which servers have no runs, and why.
func missingText(d *data, entry string) string {
	missing := slices.DeleteFunc(d.servers(), func(name string) bool { return d.at(entry, name).count() > 0 })
	if len(missing) == 0 {
		return ""
	}
	text := "Without runs here: " + d.reasons(entry, missing) + "."
	if e, known := suiteEntry(entry); known && strings.Contains(text, leftOut) {
		text += " The choice of servers: " + e.Why + "."
	}
	return wrapped(text, "")
}
