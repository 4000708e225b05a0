package page

import (
	"fmt"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
)

// stageTables returns the parts of runs that were measured one after the other: of the first sound run
// of each server.
func (s *section) stageTables() (tables []table) {
	for _, of := range s.members {
		if len(of.group.Sound) == 0 {
			continue
		}
		r := of.group.Sound[0]
		if r.Saturate != nil {
			tables = append(tables, searchTable(of.series.Name, r.Saturate))
		}
		if r.Idle != nil {
			tables = append(tables, idleTable(of.series.Name, r.Idle))
		}
	}
	return tables
}

func searchTable(name string, f *bench.SaturateFigures) table {
	t := table{
		Title:   name + ": rates that were tried in the first run; limited by: " + f.LimitedBy,
		Columns: []string{"messages/s per room", "sustained", "deliveries/s", "p99, ms", "server cores", "why not"},
	}
	for _, step := range f.Steps {
		t.Rows = append(t.Rows, []string{
			metric.Number(step.Rate), yes(step.Sustained), metric.Number(step.Delivered), metric.Number(step.P99), metric.Number(step.Server), joined(step.Why),
		})
	}
	return t
}

func idleTable(name string, f *bench.IdleFigures) table {
	t := table{
		Title:   name + ": steps of the first run",
		Columns: []string{"connections", "memory, MB", "bytes per connection", "CPU per connection and second, µs", "pings", "upgrades/s"},
	}
	for _, step := range f.Steps {
		t.Rows = append(t.Rows, []string{
			metric.Number(float64(step.Connections)), metric.Number(float64(step.RSS) / 1e6), metric.Number(step.BytesPerConnection),
			metric.Number(step.CPUPerConnection), fmt.Sprint(step.Pings), metric.Number(step.Upgrades),
		})
	}
	return t
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func joined(texts []string) string { return strings.Join(texts, "; ") }
