package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// entryPart returns an entry's load, command and table, with failures, the noise floor and unused
// runs, and the same for the client with one loop. It is empty if no server has runs.
func entryPart(d *results.Data, e results.Entry) string {
	measured := d.Measured(e.Name)
	one := oneLoopPart(d, e)
	switch {
	case len(measured) == 0 && one == "":
		return ""
	case len(measured) == 0:
		return markdown.Paragraphs(markdown.Wrapped(e.Text, ""), one)
	}
	return markdown.Paragraphs(markdown.Wrapped(e.Text, ""), entryFigures(d, e, measured), missingText(d, e.Name), one)
}

func entryFigures(d *results.Data, e results.Entry, measured []string) string {
	return markdown.Paragraphs(command(d, e.Name), entryTable(d, e, measured).Figures(), missedText(d, e.Name, measured),
		notesText(d, e.Name, measured), noiseText(d, e), unusedText(d, e.Name))
}

// oneLoopPart returns the table of the client with one loop; empty if it was not measured.
func oneLoopPart(d *results.Data, e results.Entry) string {
	e.Name += results.OneLoop
	measured := d.Measured(e.Name)
	if len(measured) == 0 {
		return ""
	}
	return markdown.Paragraphs("The same load from a client with one loop:", entryFigures(d, e, measured))
}

// command returns the command of plenum's first run. In older results it has an old name of --connections.
func command(d *results.Data, entry string) string {
	runs := d.At(entry, results.Plenum).Shown()
	if len(runs) == 0 || runs[0].Labels["command"] == "" {
		return ""
	}
	return "```sh\n" + strings.ReplaceAll(runs[0].Labels["command"], " --steps ", " --connections ") + "\n```"
}

func entryTable(d *results.Data, e results.Entry, measured []string) markdown.Table {
	head := []string{"server", "runs"}
	for _, f := range e.Columns {
		head = append(head, f.Title)
	}
	if e.Limited {
		head = append(head, "limited by")
	}
	t := markdown.Table{head}
	for _, name := range measured {
		t = append(t, entryRow(e, name, d.At(e.Name, name)))
	}
	return t
}

func entryRow(e results.Entry, name string, c *results.Cell) []string {
	row := []string{name, runsText(c)}
	for _, f := range e.Columns {
		row = append(row, figureText(f, c.Shown()))
	}
	if e.Limited {
		row = append(row, results.Limits(c.Shown()))
	}
	return row
}

func runsText(c *results.Cell) string {
	lost := c.MissedSummary()
	switch {
	case lost == "":
		return fmt.Sprint(c.Count())
	case len(c.Held) == 0:
		return lost
	}
	return lost + ": " + figureText(results.HeldMessages, c.Held) + " % of the messages"
}

func figureText(f results.Figure, runs []*bench.Result) string {
	s, ok := f.Of(runs)
	if !ok {
		return markdown.NoFigure
	}
	return s.String()
}

// noiseText returns the ratios of two measurements of plenum.
func noiseText(d *results.Data, e results.Entry) string {
	var list []string
	for _, f := range e.Columns {
		if ratio, ok := d.Noise(e.Name, f); ok && f.Title != results.IdleCount.Title {
			name, _, _ := strings.Cut(f.Title, ",")
			list = append(list, name+" "+metric.Number(ratio))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return markdown.Wrapped("Noise floor (ratio of two measurements of the same plenum): "+strings.Join(list, ", ")+".", "")
}

// missingText says which servers have no runs, and why.
func missingText(d *results.Data, entry string) string {
	missing := slices.DeleteFunc(d.Servers(), func(name string) bool { return d.At(entry, name).Count() > 0 })
	if len(missing) == 0 {
		return ""
	}
	text := "Without runs here: " + d.Reasons(entry, missing) + "."
	if e, known := results.SuiteEntry(entry); known && strings.Contains(text, results.LeftOut) {
		text += " The choice of servers: " + e.Why + "."
	}
	return markdown.Wrapped(text, "")
}
