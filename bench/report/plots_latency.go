package report

import (
	"math"
	"slices"

	"plenum/bench/latency"
	"plenum/bench/report/chart"
)

// sortRows sorts the best first.
func sortRows(rows []chart.Row, best direction) {
	slices.SortStableFunc(rows, func(a, b chart.Row) int {
		switch {
		case best.better(a.Median, b.Median):
			return -1
		case best.better(b.Median, a.Median):
			return 1
		}
		return 0
	})
}

// percentilesChart shows latency by percentile. On the x axis, 90 %, 99 %, 99.9 % and so on have
// the same distance. It is nil without latencies.
func percentilesChart(d *data, e entryKind) []byte {
	l := chart.Lines{Title: e.label, X: "percentile of deliveries", Y: "latency, ms", Ticks: []chart.Tick{{Value: math.Log10(2), Label: "50 %"}}}
	for i, label := range []string{"90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"} {
		l.Ticks = append(l.Ticks, chart.Tick{Value: float64(i + 1), Label: label})
	}
	var missing []string
	for _, name := range d.servers() {
		c := d.at(e.name, name)
		if len(c.sound) == 0 || c.latency.Count() < 10 {
			missing = append(missing, name)
			continue
		}
		l.Curves = append(l.Curves, chart.Curve{Server: name, Points: percentiles(c.latency)})
	}
	if len(l.Curves) == 0 {
		return nil
	}
	l.Notes = []string{"All latencies of the sound runs together: " + d.runCount(e.name) + " of each server."}
	if len(missing) > 0 {
		l.Notes = append(l.Notes, "Not drawn: "+d.reasons(e.name, missing)+".")
	}
	return l.SVG()
}

// percentiles returns points from the median up to the last percentile below the maximum.
func percentiles(h latency.Histogram) (points []chart.Point) {
	const step, most = 0.05, 5 // nines
	end := min(most, math.Log10(float64(h.Count())))
	for nines := math.Log10(2); nines <= end; nines += step {
		ms := max(h.At(100*(1-math.Pow(10, -nines))).Seconds()*1000, 0.001)
		points = append(points, chart.Point{X: nines, Y: ms, Low: ms, High: ms})
	}
	return points
}
