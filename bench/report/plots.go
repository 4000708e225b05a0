package report

import (
	"fmt"
	"math"
	"strings"

	"plenum/bench/report/chart"
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
func plots(d *data) map[string]plotFile {
	all := map[string]plotFile{}
	add := func(name, alt string, svg []byte) {
		if svg != nil {
			all[name] = plotFile{svg, alt}
		}
	}
	add(throughputPlot, "highest sustained deliveries per second of each server", rowsPlot(d, "saturate", heldDeliveries,
		"Throughput of one room of 1,000 members", "deliveries/s sustained, p99 under 150 ms", true))
	add(ratesPlot, "p99 latency of each server by messages per second", ratesChart(d))
	add(memoryPlot, "memory per idle connection of each server", rowsPlot(d, "idle", idleBytes,
		"Memory of the server per idle connection", "bytes per connection", true))
	add(upgradesPlot, "upgrades per second of each server", rowsPlot(d, "connect", stormRate,
		"Connections opened as fast as possible", "upgrades/s", false))
	add(hourP99Plot, "p99 latency of each server over an hour", seriesChart(d, "p99 latency over time", "p99, ms", seriesP99))
	add(hourMemoryPlot, "memory of each server over an hour", seriesChart(d, "Memory of the server over time", "resident memory, MB", seriesMemory))
	for _, e := range entries {
		if e.label != "" {
			add(latencyPlot(e.name), "latency by percentile: "+e.label, percentilesChart(d, e))
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
func rowsPlot(d *data, entry string, f figure, title, axis string, log bool) []byte {
	r := chart.Rows{Title: title, Axis: axis, Log: log}
	var missing []chart.Row
	var partly, unmeasured []string
	for _, name := range d.servers() {
		c := d.at(entry, name)
		s, ok := f.of(c.sound)
		switch why := d.absent(entry, name); {
		case ok && s.Lowest > 0:
		case why == notMeasured:
			unmeasured = append(unmeasured, name)
			continue
		default:
			missing = append(missing, chart.Row{Server: name, Missing: why})
			continue
		}
		if c.missed() > 0 {
			partly = append(partly, name+" "+c.missedSummary())
		}
		r.Rows = append(r.Rows, chart.Row{Server: name, Median: s.Median, Low: s.Lowest, High: s.Highest, Text: number(s.Median)})
	}
	if len(r.Rows) == 0 {
		return nil
	}
	sortRows(r.Rows, f.best)
	r.Notes = append(r.Notes, "Point: median of "+d.runCount(entry)+". Line: lowest to highest run.")
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
func (d *data) runCount(entries ...string) string {
	low, high := math.MaxInt, 0
	for _, entry := range entries {
		for _, name := range d.servers() {
			if n := len(d.at(entry, name).sound); n > 0 {
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
func ratesChart(d *data) []byte {
	l := chart.Lines{Title: "p99 latency by rate, one room of 1,000 members", X: "messages/s", Y: "p99, ms", LogX: true, Marks: true}
	var measured []string
	for _, o := range offered {
		if len(d.measured(o.entry)) > 0 {
			l.Ticks = append(l.Ticks, chart.Tick{Value: o.rate, Label: number(o.rate)})
			measured = append(measured, o.entry)
		}
	}
	if len(l.Ticks) < 2 {
		return nil
	}
	var missing []string
	for i := range l.Ticks {
		l.Ticks[i].Label = grouped(int64(l.Ticks[i].Value))
	}
	for _, name := range d.servers() {
		if c := rateCurve(d, name); len(c.Points) > 0 {
			l.Curves = append(l.Curves, c)
			continue
		}
		missing = append(missing, name)
	}
	if len(l.Curves) == 0 {
		return nil
	}
	l.Notes = append(l.Notes, "Point: median of "+d.runCount(measured...)+". Bar: lowest to highest run. A line ends before the rate at which no run was sound.")
	if len(missing) > 0 {
		l.Notes = append(l.Notes, "Not drawn: "+d.reasons(measured[0], missing)+".")
	}
	return l.SVG()
}

func rateCurve(d *data, name string) chart.Curve {
	c := chart.Curve{Server: name}
	for _, o := range offered {
		if s, ok := deliveryP99.of(d.at(o.entry, name).sound); ok && s.Lowest > 0 {
			c.Points = append(c.Points, chart.Point{X: o.rate, Y: s.Median, Low: s.Lowest, High: s.Highest})
		}
	}
	return c
}
