package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plenum/bench"
)

// entryPart returns the command and the table of an entry, with failures, the noise floor
// and unused runs.
func entryPart(d *data, e entryKind) string {
	measured := d.measured(e.name)
	if len(measured) == 0 {
		return paragraphs("Not measured.", unusedText(d, e.name))
	}
	return paragraphs(command(d, e.name), entryTable(d, e, measured).figures(), missedText(d, e.name, measured),
		noiseText(d, e), missingText(d, e.name), unusedText(d, e.name))
}

// command returns the command of plenum's first run.
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

// missedText returns list items about the targets with failed or held back runs.
func missedText(d *data, entry string, measured []string) string {
	var list strings.Builder
	for _, name := range measured {
		list.WriteString(missedBullets("", name, d.at(entry, name)))
	}
	return list.String()
}

// missedBullets returns the items of one target; none if every run was sound.
func missedBullets(prefix, name string, c *cell) (list string) {
	if len(c.failed) > 0 {
		list += bullet("%s%s", prefix, failureText(name, c))
	}
	if len(c.held) > 0 {
		list += bullet("%s%s", prefix, heldText(name, c))
	}
	return list
}

// failureText describes the failed runs of a target.
func failureText(name string, c *cell) string {
	first := fmt.Sprintf("%s: %s. First failure: %s", name, c.share("failed", c.failed), c.failed[0].Failures[0])
	if overrun := c.overrun(); overrun > 0 {
		first += fmt.Sprintf(". In %d of them the generator was overrun too", overrun)
	}
	if len(c.sound)+len(c.held) == 0 {
		first += ". The figures in the table are of these runs"
	}
	return first + "."
}

// heldText describes the held back runs of a target.
func heldText(name string, c *cell) string {
	text := fmt.Sprintf("%s: %s. %s %% of the messages left late or not at all, during %s %% of the time. Nothing was lost",
		name, c.share("held back", c.held), figureText(heldMessages, c.held), figureText(heldTime, c.held))
	if limited := c.limited(); limited > 0 {
		text += fmt.Sprintf(". In %d of them the generator was at its limit too", limited)
	}
	if len(c.sound) == 0 {
		text += ". The figures in the table are of these runs; messages that were not sent have no latency"
	}
	return text + "."
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

// unusedText counts the runs that are not used.
func unusedText(d *data, entry string) string {
	return unusedSentence(d.unused(entry, append(slices.Clone(targets), again)))
}

func unusedSentence(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return wrapped("Runs not used: "+strings.Join(list, ", ")+".", "")
}

// unused counts the runs of these targets that are not used, by reason.
func (d *data) unused(entry string, names []string) (list []string) {
	add := func(n int, reason, name string) {
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %d %s", name, n, reason))
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
