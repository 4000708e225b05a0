package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plenum/bench"
	"plenum/bench/observe"
	"plenum/bench/suite"
)

// machinePart returns the machine, the builds and the servers that were compared; empty without runs.
func machinePart(d *data) string {
	runs := d.used()
	if len(runs) == 0 {
		return ""
	}
	return paragraphs(environmentTable(d, runs).words(), byLatencySummary(d), sysctlText(runs), serverTable(d.known).words(), skippedText(d))
}

// used returns all runs that figures are computed from, the oldest first.
func (d *data) used() (runs []*bench.Result) {
	for _, c := range d.cells {
		runs = slices.Concat(runs, c.sound, c.held, c.failed)
	}
	slices.SortFunc(runs, func(a, b *bench.Result) int {
		return cmp.Or(
			a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Scenario, b.Scenario),
		)
	})
	return runs
}

func environmentTable(d *data, runs []*bench.Result) table {
	row := func(name string, of func(e observe.Environment) any) []string {
		return []string{name, distinct(runs, func(r *bench.Result) any { return of(r.Environment) })}
	}
	return table{
		{"machine and runs", ""},
		row("CPU", func(e observe.Environment) any { return e.CPU }),
		row("cores", func(e observe.Environment) any { return e.Cores }),
		row("memory", func(e observe.Environment) any { return number(float64(e.MemoryBytes)/1e9) + " GB" }),
		row("kernel", func(e observe.Environment) any { return e.Kernel }),
		row("Go", func(e observe.Environment) any { return e.Go }),
		row("GOMAXPROCS of plenum-bench", func(e observe.Environment) any { return e.GOMAXPROCS }),
		row("descriptor limit", func(e observe.Environment) any { return e.Descriptors }),
		row("commit of plenum-bench", func(e observe.Environment) any { return cmp.Or(e.Commit, "unknown") }),
		{"commit of plenum", cmp.Or(distinct(runs, labelOfPlenum("commit")), "unknown")},
		{"builds of plenum (hash)", distinct(runs, labelOfPlenum("build"))},
		{"measured", period(runs)},
		{"runs", d.countText(len(runs))},
	}
}

// distinct joins the different values of the runs, in the order of the runs.
func distinct(runs []*bench.Result, of func(*bench.Result) any) string {
	var values []string
	for _, r := range runs {
		if v := fmt.Sprint(of(r)); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return strings.Join(values, "; ")
}

func labelOfPlenum(name string) func(*bench.Result) any {
	return func(r *bench.Result) any {
		if r.Target != plenum {
			return ""
		}
		return r.Labels[name]
	}
}

func period(runs []*bench.Result) string {
	const layout = "2006-01-02 15:04"
	text := func(t time.Time) string { return t.UTC().Format(layout) }
	return text(runs[0].StartedAt) + " to " + text(runs[len(runs)-1].StartedAt) + " UTC"
}

func (d *data) countText(used int) string {
	var rejected, invalid, cut, other int
	for _, c := range d.cells {
		rejected, invalid, cut, other = rejected+c.rejected, invalid+c.invalid, cut+c.cut, other+c.other
	}
	return fmt.Sprintf("%d used; not used: %d rejected, %d INVALID, %d cut, %d of another set",
		used, rejected, invalid, cut, other)
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
		values := distinct(runs, func(r *bench.Result) any { return cmp.Or(r.Environment.Sysctls[name], "unset") })
		list = append(list, "`"+name+"` "+values)
	}
	if len(list) == 0 {
		return ""
	}
	return wrapped("Sysctls: "+strings.Join(list, ", ")+".", "")
}

func serverTable(known []peer) table {
	t := table{
		{"server", "language", "library", "setup"},
		{plenum, "Go", "this repository", "`" + suite.ServeCommand + "`"},
	}
	for _, p := range known {
		t = append(t, []string{p.Name, p.Language, strings.TrimSpace(p.Library + " " + p.Version), p.setup()})
	}
	return t
}

// setup returns the settings in one line, with the reason if it is a second configuration.
func (p peer) setup() string {
	if p.Reason == "" {
		return p.Note
	}
	return p.Note + "; reason: " + p.Reason
}

func skippedText(d *data) string {
	var list strings.Builder
	for _, s := range d.skipped {
		list.WriteString(bullet("%s was not measured: %s", s.Name, s.Why))
	}
	return list.String()
}
