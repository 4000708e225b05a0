package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"plenum/bench"
)

// Used returns all runs that figures are computed from, the oldest first.
func (d *Data) Used() (runs []*bench.Result) {
	for _, c := range d.cells {
		runs = slices.Concat(runs, c.Sound, c.Held, c.Failed)
	}
	slices.SortFunc(runs, func(a, b *bench.Result) int {
		return cmp.Or(
			a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Scenario, b.Scenario),
		)
	})
	return runs
}

func (d *Data) CountText(used int) string {
	var rejected, invalid, cut, other int
	for _, c := range d.cells {
		rejected, invalid, cut, other = rejected+c.Rejected, invalid+c.Invalid, cut+c.Cut, other+c.Other
	}
	return fmt.Sprintf("%d used; not used: %d rejected, %d INVALID, %d cut, %d of another set",
		used, rejected, invalid, cut, other)
}

// Distinct joins the different values of the runs, in the order of the runs.
func Distinct(runs []*bench.Result, of func(*bench.Result) any) string {
	var values []string
	for _, r := range runs {
		if v := fmt.Sprint(of(r)); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return strings.Join(values, "; ")
}

func LabelOfPlenum(name string) func(*bench.Result) any {
	return func(r *bench.Result) any {
		if r.Target != Plenum {
			return ""
		}
		return r.Labels[name]
	}
}

func Period(runs []*bench.Result) string {
	const layout = "2006-01-02 15:04"
	text := func(t time.Time) string { return t.UTC().Format(layout) }
	return text(runs[0].StartedAt) + " to " + text(runs[len(runs)-1].StartedAt) + " UTC"
}
