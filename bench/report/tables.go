package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plenum/bench"
)

// entryPart is the command and the table of an entry, and what to know of it.
func entryPart(d *data, e entryKind) string {
	measured := d.measured(e.name)
	if len(measured) == 0 {
		return paragraphs("Not measured.", unusedText(d, e.name))
	}
	return paragraphs(command(d, e.name), entryTable(d, e, measured).figures(), missedText(d, e.name, measured),
		noiseText(d, e), missingText(d, e.name), unusedText(d, e.name))
}

// command is how plenum's first run is repeated.
func command(d *data, entry string) string {
	runs := d.at(entry, plenum).shown()
	if len(runs) == 0 || runs[0].Labels["command"] == "" {
		return ""
	}
	return "```sh\n" + runs[0].Labels["command"] + "\n```"
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
	lost := c.lost()
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

// limits counts what ended the searches for the highest rate.
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

// missedText tells what went wrong first with each target, and how it held its senders back.
func missedText(d *data, entry string, measured []string) string {
	var list strings.Builder
	for _, name := range measured {
		list.WriteString(missedBullets("", name, d.at(entry, name)))
	}
	return list.String()
}

// missedBullets is of one target; empty: each of its runs was sound.
func missedBullets(prefix, name string, c *cell) (list string) {
	if len(c.failed) > 0 {
		list += bullet("%s%s", prefix, failureText(name, c))
	}
	if len(c.held) > 0 {
		list += bullet("%s%s", prefix, heldText(name, c))
	}
	return list
}

// failureText is of a target some of whose runs failed.
func failureText(name string, c *cell) string {
	first := fmt.Sprintf("%s, %s, the first: %s", name, c.part("failed", c.failed), c.failed[0].Failures[0])
	if overrun := c.overrun(); overrun > 0 {
		first += fmt.Sprintf("; in %d of them the generator was overrun too", overrun)
	}
	if len(c.sound)+len(c.held) == 0 {
		first += " (its other figures are of these runs)"
	}
	return first
}

// heldText is of a target some of whose runs were held back.
func heldText(name string, c *cell) string {
	text := fmt.Sprintf("%s, %s: %s %% of the messages left late or not at all, for %s %% of the time; nothing was lost",
		name, c.part("held back", c.held), figureText(heldMessages, c.held), figureText(heldTime, c.held))
	if limited := c.limited(); limited > 0 {
		text += fmt.Sprintf("; in %d of them the generator was at its limit too", limited)
	}
	if len(c.sound) == 0 {
		text += " (its other figures are of these runs; a message that was not sent has no latency)"
	}
	return text
}

// noiseText is what the same server measured twice differs by.
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
	return wrapped("Noise floor, the same server a second time to the first: "+strings.Join(list, ", ")+".", "")
}

func missingText(d *data, entry string) string {
	var missing []string
	for _, name := range targets {
		if d.at(entry, name).count() == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return wrapped("Not measured here: "+strings.Join(missing, ", ")+".", "")
}

// unusedText counts the runs that no figure is of.
func unusedText(d *data, entry string) string {
	return unusedSentence(d.unused(entry, append(slices.Clone(targets), again)))
}

func unusedSentence(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return wrapped("Runs that no figure is of: "+strings.Join(list, ", ")+".", "")
}

// unused counts them for each of those targets.
func (d *data) unused(entry string, names []string) (list []string) {
	add := func(n int, what, name string) {
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %d %s", name, n, what))
		}
	}
	for _, name := range names {
		c := d.at(entry, name)
		add(c.rejected, "rejected", name)
		add(c.invalid, "INVALID", name)
		add(c.cut, "cut", name)
		add(c.other, "of another set", name)
	}
	return list
}
