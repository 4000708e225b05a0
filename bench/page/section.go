package page

import (
	"fmt"
	"maps"
	"slices"

	"plenum/bench"
	"plenum/bench/compare"
	"plenum/bench/metric"
	"plenum/bench/spread"
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
			row.Cells = append(row.Cells, spread.Of(of.group.Values(m)).String())
		}
		s.Rows = append(s.Rows, row)
		s.Remarks = append(s.Remarks, remarks(of)...)
		s.Notes = append(s.Notes, notes(of)...)
	}
	s.Plots = slices.Concat(latencyPlots(s.members), timePlots(s.members))
	s.Figures = s.allFigures(scenario)
	s.Stages = s.stageTables()
	s.Options = s.optionRows()
	s.Files = s.files()
	s.Command = s.command()
}

// has reports whether a sound run has a metric.
func (s *section) has(m *metric.Metric) bool {
	return slices.ContainsFunc(s.members, func(of *member) bool { return len(of.group.Values(m)) > 0 })
}

// badges returns the number of runs of each verdict, and of the runs that do not count.
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
		class := "none"
		if g.Excluded.Invalid > 0 {
			class = "doubt"
		}
		list = append(list, Badge{"not used: " + g.Excluded.String(), class})
	}
	return list
}

// allFigures returns a table of all metrics that a sound run has: one row per metric, one column per server.
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
			row = append(row, spread.Of(of.group.Values(m)).String())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// optionRows returns the options of all runs, each with all of its values.
func (s *section) optionRows() (rows [][2]string) {
	values := map[string][]string{}
	for _, of := range s.members {
		for _, r := range runs(of.group) {
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

// files returns the scenario files of the runs, each once.
func (s *section) files() (files []*bench.ScenarioFile) {
	seen := map[bench.ScenarioFile]bool{}
	for _, of := range s.members {
		for _, r := range runs(of.group) {
			if f := r.ScenarioFile; f != nil && !seen[*f] {
				seen[*f] = true
				files = append(files, f)
			}
		}
	}
	return files
}

// command returns the command that a suite has noted in the first run that has one, or "".
func (s *section) command() string {
	for _, of := range s.members {
		for _, r := range runs(of.group) {
			if command := r.Labels["command"]; command != "" {
				return command
			}
		}
	}
	return ""
}

// runs returns the runs of a group, also the ones that do not count. Runs of other sets are not among them.
func runs(g *compare.Group) []*bench.Result { return slices.Concat(g.Counted(), g.Unused) }
