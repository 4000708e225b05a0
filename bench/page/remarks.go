package page

import (
	"fmt"
	"slices"

	"plenum/bench"
	"plenum/bench/metric"
)

const mostRemarks = 3 // of one kind, per server

// remarks returns lines about the runs of a group: failures, held back senders, conditions, and the reasons
// why runs were left out. Each line is there once.
func remarks(of *member) []string {
	var failures, held, conditions []string
	for _, r := range of.group.Counted() {
		failures = append(failures, r.Failures...)
		if r.WasHeldBack() {
			held = append(held, r.HeldBackText())
		}
		for _, c := range r.FailIf {
			conditions = append(conditions, conditionText(c))
		}
	}
	return slices.Concat(
		few(of.series.Name+", FAILED: ", failures), few(of.series.Name+", HELD BACK: ", held), few(of.series.Name+", condition: ", conditions),
		few(of.series.Name+", not used: ", of.group.WhyUnused()),
	)
}

// notes returns the notes of the runs of a group, each once.
func notes(of *member) []string {
	var texts []string
	for _, r := range runs(of.group) {
		texts = append(texts, r.Notes...)
	}
	return few(of.series.Name+": ", texts)
}

func conditionText(c bench.FailIf) string {
	if c.Value == nil {
		return c.Condition + " could not be checked"
	}
	figure := metric.Number(*c.Value)
	if parsed, err := metric.Parse(c.Condition); err == nil { // it has the unit
		figure = parsed.Metric.Text(*c.Value)
	}
	if c.Held {
		return fmt.Sprintf("%s held: %s", c.Condition, figure)
	}
	return fmt.Sprintf("%s did not hold: %s", c.Condition, figure)
}

// few returns the first mostRemarks texts, each once and with a prefix, and then the number of the others.
func few(prefix string, texts []string) (lines []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			seen[text] = true
			lines = append(lines, prefix+text)
		}
	}
	if more := len(lines) - mostRemarks; more > 0 {
		lines = append(lines[:mostRemarks], fmt.Sprintf("%sand %d more", prefix, more))
	}
	return lines
}
