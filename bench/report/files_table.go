package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
)

// runTable has one row per run of a scenario, in the order of the runs.
func runTable(runs []*bench.Result) markdown.Table {
	metrics, options := shownMetrics(runs), differingOptions(runs)
	sends := slices.ContainsFunc(runs, func(r *bench.Result) bool { return r.Sent > 0 })
	head := []string{"server", "started, UTC", "verdict"}
	if len(options) > 0 {
		head = append(head, "options that differ")
	}
	if sends {
		head = append(head, "connections", "messages sent")
	}
	for _, m := range metrics {
		head = append(head, m.Title())
	}
	t := markdown.Table{head}
	for _, r := range runs {
		row := []string{escape(r.Target), r.StartedAt.UTC().Format("2006-01-02 15:04:05"), verdictOf(r)}
		if len(options) > 0 {
			row = append(row, optionsOf(r, options))
		}
		if sends {
			row = append(row, fmt.Sprint(r.Connections), fmt.Sprint(r.Sent))
		}
		for _, m := range metrics {
			row = append(row, figureOf(r, m))
		}
		t = append(t, row)
	}
	return t
}

// figureOf returns the figure of a run without its unit.
func figureOf(r *bench.Result, m *metric.Metric) string {
	v, ok := m.Of(r)
	switch {
	case !ok:
		return markdown.NoFigure
	case m.Unit.Symbol == "":
		return fmt.Sprintf("%.0f", v) // a count
	}
	return metric.Number(v)
}

func verdictOf(r *bench.Result) string {
	if why := r.Labels["rejected"]; why != "" {
		return escape("rejected by the suite: " + why)
	}
	verdict, why := r.Verdict()
	for _, c := range r.FailIf {
		if c.Held && verdict == bench.Sound {
			verdict, why = bench.Failed, c.Condition
		}
	}
	if why == "" {
		return verdict
	}
	return escape(verdict + ": " + why)
}

// shownMetrics returns the main metrics of a scenario that some run has measured, and the counts of errors that are not 0
// in all runs.
func shownMetrics(runs []*bench.Result) []*metric.Metric {
	scenario := runs[0].Scenario
	return slices.DeleteFunc(metric.In(scenario), func(m *metric.Metric) bool {
		isCount := m.CountsFaults()
		main := m.ComparedIn(scenario) || slices.Contains([]string{"rate", "max", "sustained_messages"}, m.Name)
		has := slices.ContainsFunc(runs, func(r *bench.Result) bool {
			v, ok := m.Of(r)
			return ok && (v != 0 || !isCount)
		})
		return !has || !isCount && !main
	})
}

// differingOptions returns the names of the options of the load that are not the same in all runs, sorted. Options that say
// which server was measured are left out, because the name of the server says that too.
func differingOptions(runs []*bench.Result) (names []string) {
	values := map[string]map[string]bool{} // texts by option
	for _, r := range runs {
		options, _ := r.Options.(map[string]any)
		for name := range options {
			if !bench.IsAddressing(name) {
				values[name] = map[string]bool{}
			}
		}
	}
	for name, texts := range values {
		for _, r := range runs {
			texts[optionOf(r, name)] = true
		}
	}
	maps.DeleteFunc(values, func(_ string, texts map[string]bool) bool { return len(texts) == 1 })
	return slices.Sorted(maps.Keys(values))
}

// optionOf returns the value of an option of a run, as in JSON. Older results lack options that are off.
func optionOf(r *bench.Result, name string) string {
	options, _ := r.Options.(map[string]any)
	text, err := json.Marshal(options[name])
	if err != nil || options[name] == nil {
		return "none"
	}
	return strings.Trim(string(text), `"`)
}

func optionsOf(r *bench.Result, names []string) string {
	var texts []string
	for _, name := range names {
		texts = append(texts, name+"="+optionOf(r, name))
	}
	return escape(strings.Join(texts, " "))
}

// escape returns text for a cell of a table, or for a heading.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;").Replace(text)
}
