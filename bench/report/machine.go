package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/observe"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// machinePart returns the machine, the builds and the servers that were compared; empty without runs.
func machinePart(d *results.Data) string {
	runs := d.Used()
	if len(runs) == 0 {
		return ""
	}
	return markdown.Paragraphs(environmentTable(d, runs).Words(), sysctlText(runs), serverTable(d.Known).Words(), skippedText(d), unreachableText)
}

func environmentTable(d *results.Data, runs []*bench.Result) markdown.Table {
	row := func(name string, of func(e observe.Environment) any) []string {
		return []string{name, results.Distinct(runs, func(r *bench.Result) any { return of(r.Environment) })}
	}
	return markdown.Table{
		{"machine and runs", ""},
		row("CPU", func(e observe.Environment) any { return e.CPU }),
		row("cores", func(e observe.Environment) any { return e.Cores }),
		row("memory", func(e observe.Environment) any { return metric.Number(float64(e.MemoryBytes)/1e9) + " GB" }),
		row("kernel", func(e observe.Environment) any { return e.Kernel }),
		row("Go", func(e observe.Environment) any { return e.Go }),
		row("GOMAXPROCS of plenum-bench", func(e observe.Environment) any { return e.GOMAXPROCS }),
		row("descriptor limit", func(e observe.Environment) any { return e.Descriptors }),
		{"commit of plenum-bench", benchCommits(runs)},
		{"commit of plenum", cmp.Or(results.Distinct(runs, results.LabelOfPlenum("commit")), "unknown")},
		{"builds of plenum (hash)", results.Distinct(runs, results.LabelOfPlenum("build"))},
		{"measured", results.Period(runs)},
		{"runs", d.CountText(len(runs))},
	}
}

// benchCommits returns the commits of plenum-bench: that of most runs, and each other one with its entries.
func benchCommits(runs []*bench.Result) string {
	count, entries := map[string]int{}, map[string][]string{}
	for _, r := range runs {
		commit, entry := cmp.Or(r.Environment.Commit, "unknown"), r.Labels["entry"]
		count[commit]++
		if !slices.Contains(entries[commit], entry) {
			entries[commit] = append(entries[commit], entry)
		}
	}
	all := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	for i, commit := range all[min(1, len(all)):] {
		all[i+1] = fmt.Sprintf("%s (some runs of %s)", commit, strings.Join(entries[commit], ", "))
	}
	return strings.Join(all, ", ")
}

func sysctlText(runs []*bench.Result) string {
	names := map[string]bool{}
	for _, r := range runs {
		for name := range r.Environment.Sysctls {
			names[name] = true
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		values := results.Distinct(runs, func(r *bench.Result) any { return cmp.Or(r.Environment.Sysctls[name], "unset") })
		list = append(list, "`"+name+"` "+values)
	}
	if len(list) == 0 {
		return ""
	}
	return markdown.Wrapped("Sysctls: "+strings.Join(list, ", ")+".", "")
}

func serverTable(known []results.Peer) markdown.Table {
	t := markdown.Table{
		{"server", "language", "library", "setup"},
		{results.Plenum, "Go", "this repository", "`" + suite.ServeCommand + "`"},
	}
	for _, p := range known {
		t = append(t, []string{p.Name, p.Language, strings.TrimSpace(p.Library + " " + p.Version), setup(p)})
	}
	return t
}

// setup returns the settings in one line, with the reason if it is a second configuration.
func setup(p results.Peer) string {
	if p.Reason == "" {
		return p.Note
	}
	return p.Note + "; reason: " + p.Reason
}

const unreachableText = `Phoenix Channels, SignalR and Laravel Reverb are not among the servers, because the machine that measures cannot reach their package
registries ([bench/peers](../peers/README.md#not-measured)).`

func skippedText(d *results.Data) string {
	var list strings.Builder
	for _, s := range d.Skipped {
		list.WriteString(markdown.Bullet("%s was not measured: %s", s.Name, s.Why))
	}
	return list.String()
}
