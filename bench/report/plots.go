package report

import (
	"fmt"
	"math"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/chart"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// File names of the plots of several servers.
const (
	memoryPlot     = "memory.svg"
	throughputPlot = "throughput.svg"
	upgradesPlot   = "upgrades.svg"
	ratesPlot      = "p99-by-rate.svg"
)

// plotFile is a plot and its alternative text.
type plotFile struct {
	svg []byte
	alt string
}

// plots returns the plots that have results, by file name.
func plots(d *results.Data) map[string]plotFile {
	all := map[string]plotFile{}
	add := func(name, alt string, svg []byte) {
		if svg != nil {
			all[name] = plotFile{svg, alt}
		}
	}
	add(throughputPlot, "highest sustained deliveries per second of each server", rowsPlot(d, "saturate", results.HeldDeliveries,
		"Throughput of one room of 1,000 members", "deliveries/s sustained, p99 under 150 ms", true))
	add(ratesPlot, "p99 latency of each server by messages per second", ratesChart(d))
	add(memoryPlot, "memory per idle connection of each server", rowsPlot(d, "idle", results.IdleBytes,
		"Memory of the server per idle connection", "bytes per connection", true))
	add(upgradesPlot, "upgrades per second of each server", rowsPlot(d, "connect", results.StormRate,
		"Connections opened as fast as possible", "upgrades/s", false))
	add(hourP99Plot, "p99 latency of each server over an hour", seriesChart(d, "p99 latency over time", "p99, ms", seriesP99))
	add(hourMemoryPlot, "memory of each server over an hour", seriesChart(d, "Memory of the server over time", "resident memory, MB", seriesMemory))
	for _, e := range results.Entries {
		if e.Label != "" {
			add(latencyPlot(e.Name), "latency by percentile: "+e.Label, percentilesChart(d, e))
		}
	}
	return all
}

// plotsPart shows the plots of BENCHMARKS.md.
func plotsPart(drawn map[string]plotFile) string {
	var list []string
	for _, name := range []string{throughputPlot, ratesPlot, memoryPlot, upgradesPlot} {
		if p, ok := drawn[name]; ok {
			list = append(list, fmt.Sprintf("![%s](%s/%s)", p.alt, plotsFolder, name))
		}
	}
	return strings.Join(list, "\n")
}

// rowsPlot compares the servers by one figure, the best first. It is nil if no server has it.
func rowsPlot(d *results.Data, entry string, f results.Figure, title, axis string, log bool) []byte {
	r := chart.Rows{Title: title, Axis: axis, Log: log}
	var missing []chart.Row
	var partly, unmeasured []string
	for _, name := range d.Servers() {
		c := d.At(entry, name)
		s, ok := f.Of(c.Sound)
		switch why := d.Absent(entry, name); {
		case ok && s.Lowest > 0:
		case why == markdown.NotMeasured:
			unmeasured = append(unmeasured, name)
			continue
		default:
			missing = append(missing, chart.Row{Server: name, Missing: why})
			continue
		}
		if c.Missed() > 0 {
			partly = append(partly, name+" "+c.MissedSummary())
		}
		r.Rows = append(r.Rows, chart.Row{Server: name, Median: s.Median, Low: s.Lowest, High: s.Highest, Text: metric.Number(s.Median)})
	}
	if len(r.Rows) == 0 {
		return nil
	}
	sortRows(r.Rows, f.Best)
	r.Notes = append(r.Notes, "Point: median of "+runCount(d, entry)+". Line: lowest to highest run.")
	if len(partly) > 0 {
		r.Notes = append(r.Notes, "Of the sound runs only: "+strings.Join(partly, "; ")+".")
	}
	if len(unmeasured) > 0 {
		r.Notes = append(r.Notes, "Not measured: "+strings.Join(unmeasured, ", ")+".")
	}
	r.Rows = append(r.Rows, missing...)
	return r.SVG()
}

// runCount returns how many sound runs the servers have in an entry: "5 runs", "1 to 5 runs".
func runCount(d *results.Data, entries ...string) string {
	low, high := math.MaxInt, 0
	for _, entry := range entries {
		for _, name := range d.Servers() {
			if n := len(d.At(entry, name).Sound); n > 0 {
				low, high = min(low, n), max(high, n)
			}
		}
	}
	if low == high {
		return fmt.Sprintf("%d runs", low)
	}
	return fmt.Sprintf("%d to %d runs", low, high)
}

// offered has the messages per second of the entries with one room of 1,000.
var offered = []struct {
	entry string
	rate  float64
}{{"fan-hot-200", 200}, {"fan-hot-1000", 1000}, {"fan-hot-4000", 4000}, {"fan-hot-10000", 10000}}

// ratesChart shows the p99 by the rate of messages. It is nil unless two rates were measured.
func ratesChart(d *results.Data) []byte {
	l := chart.Lines{Title: "p99 latency by rate, one room of 1,000 members", X: "messages/s", Y: "p99, ms", LogX: true, Marks: true}
	var measured []string
	for _, o := range offered {
		if len(d.Measured(o.entry)) > 0 {
			l.Ticks = append(l.Ticks, chart.Tick{Value: o.rate, Label: metric.Number(o.rate)})
			measured = append(measured, o.entry)
		}
	}
	if len(l.Ticks) < 2 {
		return nil
	}
	var missing []string
	for i := range l.Ticks {
		l.Ticks[i].Label = metric.Grouped(int64(l.Ticks[i].Value))
	}
	for _, name := range d.Servers() {
		if c := rateCurve(d, name); len(c.Points) > 0 {
			l.Curves = append(l.Curves, c)
			continue
		}
		missing = append(missing, name)
	}
	if len(l.Curves) == 0 {
		return nil
	}
	l.Notes = append(l.Notes, "Point: median of "+runCount(d, measured...)+". Bar: lowest to highest run. A line ends before the rate at which no run was sound.")
	if len(missing) > 0 {
		l.Notes = append(l.Notes, "Not drawn: "+d.Reasons(measured[0], missing)+".")
	}
	return l.SVG()
}

func rateCurve(d *results.Data, name string) chart.Curve {
	c := chart.Curve{Server: name}
	for _, o := range offered {
		if s, ok := results.DeliveryP99.Of(d.At(o.entry, name).Sound); ok && s.Lowest > 0 {
			c.Points = append(c.Points, chart.Point{X: o.rate, Y: s.Median, Low: s.Lowest, High: s.Highest})
		}
	}
	return c
}
