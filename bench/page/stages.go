package page

import (
	"fmt"
	"strings"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/metric"
)

// stageTables returns tables of the parts of the first sound run of each server. Parts are the stages of a
// load, the rates of a search, or the numbers of idle connections.
func (s *section) stageTables() (tables []table) {
	for _, of := range s.members {
		if len(of.group.Sound) == 0 {
			continue
		}
		r := of.group.Sound[0]
		if len(r.Stages) > 0 {
			tables = append(tables, loadTable(of.series.Name, r.Stages))
		}
		if r.Saturate != nil {
			tables = append(tables, searchTable(of.series.Name, r.Saturate))
		}
		if r.Idle != nil {
			tables = append(tables, idleTable(of.series.Name, r.Idle))
		}
	}
	return tables
}

// loadTable returns the figures of each stage of a load over time.
func loadTable(name string, stages []bench.StageFigures) table {
	t := table{
		Title:   name + ": stages of the first run",
		Open:    true,
		Columns: []string{"stage, s", "rate", "done, /s", "p50, ms", "p99, ms", "completion p99, ms", "lost or failed", "not sent or late"},
	}
	for _, s := range stages {
		row := []string{
			trimmed(s.Start) + "–" + trimmed(s.Start+s.Seconds), metric.Number(s.From) + " → " + metric.Number(s.To),
		}
		switch {
		case s.MessageStage != nil:
			m := s.MessageStage
			row = append(row, metric.Number(m.Rate), at50(m.Delivery), at99(m.Delivery), at99(m.Completion), fmt.Sprint(m.Lost), fmt.Sprint(m.NotSent))
		case s.UpgradeStage != nil:
			u := s.UpgradeStage
			row = append(row, metric.Number(u.PerSecond), at50(u.Ms), at99(u.Ms), missing, fmt.Sprint(u.Failed), fmt.Sprint(u.Late))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

const missing = "–"

func at50(p *latency.Percentiles) string {
	if p == nil {
		return missing
	}
	return metric.Number(p.P50)
}

func at99(p *latency.Percentiles) string {
	if p == nil {
		return missing
	}
	return metric.Number(p.P99)
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
