package report

import (
	"fmt"
	"strings"
)

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

// unusedText counts the runs that are not used.
func unusedText(d *data, entry string) string {
	return unusedSentence(d.unused(entry, append(d.servers(), again)))
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
