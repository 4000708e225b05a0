package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// byLatency returns the servers with runs that were rejected by their own latency, and the number of these runs.
func byLatency(d *results.Data, entry string) (names []string, runs int) {
	for _, name := range append(d.Servers(), results.Again) {
		if n := len(d.At(entry, name).ByLatency); n > 0 {
			names, runs = append(names, name), runs+n
		}
	}
	return names, runs
}

// byLatencyPart has the medians of an entry without and with the runs that were rejected by their own latency;
// empty if there are none.
func byLatencyPart(d *results.Data, e results.Entry) string {
	names, n := byLatency(d, e.Name)
	if n == 0 {
		return ""
	}
	t := markdown.Table{{"server", "runs rejected by their latency"}}
	for _, f := range e.Columns {
		t[0] = append(t[0], f.Title)
	}
	for _, name := range names {
		c := d.At(e.Name, name)
		row := []string{name, fmt.Sprint(len(c.ByLatency))}
		for _, f := range e.Columns {
			row = append(row, withRejected(f, c))
		}
		t = append(t, row)
	}
	text := fmt.Sprintf("Rejected because of their own latency, which is [no reason any more](#the-machine): %d. The medians without → with these runs:", n)
	return markdown.Paragraphs(markdown.Wrapped(text, ""), t.Figures())
}

func withRejected(f results.Figure, c *results.Cell) string {
	before, measured := f.Of(c.Sound)
	after, ok := f.Of(slices.Concat(c.Sound, c.ByLatency))
	switch {
	case !ok:
		return markdown.NoFigure
	case !measured:
		return markdown.NoFigure + " → " + metric.Number(after.Median)
	}
	return metric.Number(before.Median) + " → " + metric.Number(after.Median)
}

// byLatencySummary says what the runs that were rejected by their own latency would change; empty if there are none.
func byLatencySummary(d *results.Data) string {
	runs, changed := 0, []string(nil)
	for _, e := range results.Entries {
		if e.Within != "" {
			continue // no section of its own, and its results are newer
		}
		names, n := byLatency(d, e.Name)
		runs += n
		if list := movedMedians(d, e, names); len(list) > 0 {
			changed = append(changed, fmt.Sprintf("%s (%s)", markdown.Section{Title: e.Heading()}.Link(), strings.Join(list, "; ")))
		}
	}
	if runs == 0 {
		return ""
	}
	where := "No two differ by more than 5 % and more than the noise floor."
	if len(changed) > 0 {
		where = "These differ by more than 5 % and more than the noise floor: " + strings.Join(changed, ", ") + "."
	}
	return markdown.Wrapped(fmt.Sprintf("Rejected because the generator's lag or pause was a large share of their own latency: %d runs. That rule kept the slow runs of fast servers, so it does not hold any more. But these figures are still by that rule. The sections with such runs have the medians without and with them. %s", runs, where), "")
}

// movedMedians names the figures of servers whose medians change by more than the noise floor and 5 %, with
// both medians.
func movedMedians(d *results.Data, e results.Entry, names []string) (list []string) {
	for _, name := range names {
		c := d.At(e.Name, name)
		for _, f := range e.Columns {
			before, measured := f.Of(c.Sound)
			after, ok := f.Of(slices.Concat(c.Sound, c.ByLatency))
			floor, _ := d.Floor(e.Name, f)
			if ok && (!measured || moved(before.Median, after.Median, max(floor, 1.05))) {
				list = append(list, fmt.Sprintf("%s: %s %s", name, f.Title, withRejected(f, c)))
			}
		}
	}
	return list
}

// moved reports whether a median changes by more than the floor, which is a factor.
func moved(before, after, floor float64) bool {
	if before <= 0 || after <= 0 {
		return before != after
	}
	return max(before/after, after/before) > floor
}
