package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"plenum/bench"
)

// ownLatency matches the reasons of a rule that does not hold any more: runs were rejected if the generator's lag
// or pause was a large share of the run's own latency.
var ownLatency = regexp.MustCompile(` of a latency of p(50|99) `)

// rejectedByLatency reports whether a run was rejected by that rule only.
func rejectedByLatency(r *bench.Result) bool {
	if r.Failed() || r.WasHeldBack() || r.Cut || !strings.HasPrefix(r.Labels["rejected"], "INVALID") {
		return false
	}
	return !slices.ContainsFunc(r.Reasons, func(why string) bool { return !ownLatency.MatchString(why) })
}

// byLatency returns the servers with runs that were rejected by their own latency, and the number of these runs.
func (d *data) byLatency(entry string) (names []string, runs int) {
	for _, name := range append(d.servers(), again) {
		if n := len(d.at(entry, name).byLatency); n > 0 {
			names, runs = append(names, name), runs+n
		}
	}
	return names, runs
}

// byLatencyPart has the medians of an entry without and with the runs that were rejected by their own latency;
// empty if there are none.
func byLatencyPart(d *data, e entryKind) string {
	names, n := d.byLatency(e.name)
	if n == 0 {
		return ""
	}
	t := table{{"server", "runs rejected by their latency"}}
	for _, f := range e.columns {
		t[0] = append(t[0], f.title)
	}
	for _, name := range names {
		c := d.at(e.name, name)
		row := []string{name, fmt.Sprint(len(c.byLatency))}
		for _, f := range e.columns {
			row = append(row, withRejected(f, c))
		}
		t = append(t, row)
	}
	text := fmt.Sprintf("Rejected because of their own latency, which is [no reason any more](#the-machine): %d. The medians without → with these runs:", n)
	return paragraphs(wrapped(text, ""), t.figures())
}

func withRejected(f figure, c *cell) string {
	before, measured := f.of(c.sound)
	after, ok := f.of(slices.Concat(c.sound, c.byLatency))
	switch {
	case !ok:
		return noFigure
	case !measured:
		return noFigure + " → " + number(after.Median)
	}
	return number(before.Median) + " → " + number(after.Median)
}

// byLatencySummary says what the runs that were rejected by their own latency would change; empty if there are none.
func byLatencySummary(d *data) string {
	runs, changed := 0, []string(nil)
	for _, e := range entries {
		if e.within != "" {
			continue // no section of its own, and its results are newer
		}
		names, n := d.byLatency(e.name)
		runs += n
		if list := d.movedMedians(e, names); len(list) > 0 {
			changed = append(changed, fmt.Sprintf("%s (%s)", section{title: e.heading()}.link(), strings.Join(list, "; ")))
		}
	}
	if runs == 0 {
		return ""
	}
	where := "No two differ by more than 5 % and more than the noise floor."
	if len(changed) > 0 {
		where = "These differ by more than 5 % and more than the noise floor: " + strings.Join(changed, ", ") + "."
	}
	return wrapped(fmt.Sprintf("Rejected because the generator's lag or pause was a large share of their own latency: %d runs. That rule kept the slow runs of fast servers, so it does not hold any more. But these figures are still by that rule. The sections with such runs have the medians without and with them. %s", runs, where), "")
}

// movedMedians names the figures of servers whose medians change by more than the noise floor and 5 %, with
// both medians.
func (d *data) movedMedians(e entryKind, names []string) (list []string) {
	for _, name := range names {
		c := d.at(e.name, name)
		for _, f := range e.columns {
			before, measured := f.of(c.sound)
			after, ok := f.of(slices.Concat(c.sound, c.byLatency))
			floor, _ := d.floor(e.name, f)
			if ok && (!measured || moved(before.Median, after.Median, max(floor, 1.05))) {
				list = append(list, fmt.Sprintf("%s: %s %s", name, f.title, withRejected(f, c)))
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
