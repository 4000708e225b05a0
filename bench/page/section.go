package page

import (
	"fmt"
	"maps"
	"slices"

	"plenum/bench"
	"plenum/bench/compare"
	"plenum/bench/metric"
)

// fill fills the section from its groups.
func (s *section) fill() {
	scenario := s.members[0].group.Scenario
	main := slices.DeleteFunc(metric.ComparedIn(scenario), func(m *metric.Metric) bool { return !s.has(m) })
	for _, m := range main {
		s.Columns = append(s.Columns, m.Title())
	}
	for _, of := range s.members {
		row := tableRow{Series: of.series, Runs: badges(of.group)}
		for _, m := range main {
			row.Cells = append(row.Cells, compare.SpreadOf(of.group.Values(m)).String())
		}
		s.Rows = append(s.Rows, row)
		s.Remarks = append(s.Remarks, remarks(of)...)
		s.Notes = append(s.Notes, notes(of)...)
	}
	s.Plots = slices.Concat(latencyPlots(s.members), timePlots(s.members))
	s.Figures = s.allFigures(scenario)
	s.Stages = s.stageTables()
	s.Options = s.optionRows()
	s.Command = s.command()
}

// has reports whether a sound run has a metric.
func (s *section) has(m *metric.Metric) bool {
	return slices.ContainsFunc(s.members, func(of *member) bool { return len(of.group.Values(m)) > 0 })
}

// badges returns how many runs had which verdict.
func badges(g *compare.Group) (list []Badge) {
	add := func(n int, text, class string) {
		if n > 0 {
			list = append(list, Badge{fmt.Sprintf("%d %s", n, text), class})
		}
	}
	add(len(g.Sound), "sound", "good")
	add(len(g.Failed), "FAILED", "bad")
	add(len(g.HeldBack), "HELD BACK", "bad")
	if g.Excluded.Total() > 0 {
		list = append(list, Badge{"not used: " + g.Excluded.String(), "none"})
	}
	return list
}

const mostRemarks = 3 // of one kind, per server

// remarks returns what was wrong with the runs of a group, and their conditions, each once.
func remarks(of *member) []string {
	var failures, held, conditions []string
	for _, r := range counted(of.group) {
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
	)
}

// notes returns the notes of the runs of a group, each once.
func notes(of *member) []string {
	var texts []string
	for _, r := range counted(of.group) {
		texts = append(texts, r.Notes...)
	}
	return few(of.series.Name+": ", texts)
}

// counted returns the runs of a group that count.
func counted(g *compare.Group) []*bench.Result { return slices.Concat(g.Sound, g.HeldBack, g.Failed) }

func conditionText(c bench.FailIf) string {
	switch {
	case c.Value == nil:
		return c.Condition + " could not be checked"
	case c.Held:
		return fmt.Sprintf("%s held: %s", c.Condition, metric.Number(*c.Value))
	}
	return fmt.Sprintf("%s did not hold: %s", c.Condition, metric.Number(*c.Value))
}

// few returns the first texts, each once and with a prefix, and the number of the others.
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

// allFigures returns a table of every metric: one row per metric, one column per server.
func (s *section) allFigures(scenario string) table {
	t := table{Title: "All figures: median (range)", Columns: []string{"metric"}}
	for _, of := range s.members {
		t.Columns = append(t.Columns, of.series.Name)
	}
	for _, m := range metric.In(scenario) {
		if !s.has(m) {
			continue
		}
		row := []string{m.Title()}
		for _, of := range s.members {
			row = append(row, compare.SpreadOf(of.group.Values(m)).String())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// optionRows returns the options of all runs that count, with all their values.
func (s *section) optionRows() (rows [][2]string) {
	values := map[string][]string{}
	for _, of := range s.members {
		for _, r := range counted(of.group) {
			options, _ := r.Options.(map[string]any)
			for name, value := range options {
				if text := compare.OptionText(value); !slices.Contains(values[name], text) {
					values[name] = append(values[name], text)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		rows = append(rows, [2]string{name, joined(values[name])})
	}
	return rows
}

// command returns the command that a suite has noted.
func (s *section) command() string {
	for _, of := range s.members {
		for _, r := range counted(of.group) {
			if command := r.Labels["command"]; command != "" {
				return command
			}
		}
	}
	return ""
}
