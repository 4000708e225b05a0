package report

import (
	"fmt"
	"strings"

	"plenum/bench"
	"plenum/bench/report/markdown"
)

// Files returns tables of the runs in files of plenum-bench run: one per scenario, with one row per run. The files may have
// any name, and the runs any options.
func Files(paths []string) (string, error) {
	var scenarios []string
	runs := map[string][]*bench.Result{}
	for _, path := range paths {
		for r, err := range bench.ReadFile(path) {
			if err != nil {
				return "", fmt.Errorf("report: %s: %w", path, err)
			}
			if runs[r.Scenario] == nil {
				scenarios = append(scenarios, r.Scenario)
			}
			r.Histograms = nil // those of all runs would take much memory
			runs[r.Scenario] = append(runs[r.Scenario], r)
		}
	}
	if len(scenarios) == 0 {
		return "", fmt.Errorf("report: no results in %s", strings.Join(paths, ", "))
	}
	var sections []string
	for _, scenario := range scenarios {
		sections = append(sections, "## "+escape(scenario)+"\n\n"+runTable(runs[scenario]).Figures())
	}
	return markdown.Paragraphs(sections...) + "\n", nil
}
