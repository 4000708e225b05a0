package report

import (
	"fmt"
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// missedText returns list items about the targets with failed or held back runs.
func missedText(d *results.Data, entry string, measured []string) string {
	var list strings.Builder
	for _, name := range measured {
		list.WriteString(missedBullets("", name, d.At(entry, name)))
	}
	return list.String()
}

// missedBullets returns the items of one target; none if every run was sound.
func missedBullets(prefix, name string, c *results.Cell) (list string) {
	if len(c.Failed) > 0 {
		list += markdown.Bullet("%s%s", prefix, failureText(name, c))
	}
	if len(c.Held) > 0 {
		list += markdown.Bullet("%s%s", prefix, heldText(name, c))
	}
	return list
}

// failureText describes the failed runs of a target.
func failureText(name string, c *results.Cell) string {
	first := fmt.Sprintf("%s: %s. First failure: %s", name, c.Share("failed", c.Failed), c.Failed[0].Failures[0])
	if overrun := c.Overrun(); overrun > 0 {
		first += fmt.Sprintf(". In %d of them the generator was overrun too", overrun)
	}
	if len(c.Sound)+len(c.Held) == 0 {
		first += ". The figures in the table are of these runs"
	}
	return first + "."
}

// heldText describes the held back runs of a target.
func heldText(name string, c *results.Cell) string {
	text := fmt.Sprintf("%s: %s. %s %% of the messages left late or not at all, during %s %% of the time. Nothing was lost",
		name, c.Share("held back", c.Held), figureText(results.HeldMessages, c.Held), figureText(results.HeldTime, c.Held))
	if limited := c.Limited(); limited > 0 {
		text += fmt.Sprintf(". In %d of them the generator was at its limit too", limited)
	}
	if len(c.Sound) == 0 {
		text += ". The figures in the table are of these runs; messages that were not sent have no latency"
	}
	return text + "."
}

// unusedText counts the runs that are not used.
func unusedText(d *results.Data, entry string) string {
	return unusedSentence(countUnused(d, entry, append(d.Servers(), results.Again)))
}

func unusedSentence(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return markdown.Wrapped("Runs not used: "+strings.Join(list, ", ")+".", "")
}

// countUnused counts the runs of these targets that are not used, by reason.
func countUnused(d *results.Data, entry string, names []string) (list []string) {
	add := func(n int, reason, name string) {
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %d %s", name, n, reason))
		}
	}
	for _, name := range names {
		c := d.At(entry, name)
		add(c.Rejected, "rejected", name)
		add(c.Invalid, "INVALID", name)
		add(c.Cut, "cut", name)
		add(c.Other, "of another set", name)
	}
	return list
}
