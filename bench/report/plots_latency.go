package report

import (
	"math"
	"slices"

	"plenum/bench/report/chart"
	"plenum/bench/report/results"
	"plenum/bench/spread"
)

// sortRows sorts the best first.
func sortRows(rows []chart.Row, best results.Direction) {
	slices.SortStableFunc(rows, func(a, b chart.Row) int { return best.Compare(a.Median, b.Median) })
}

// percentilesChart shows latency by percentile. On the x axis, 90 %, 99 %, 99.9 % and so on have
// the same distance. It is nil without latencies.
func percentilesChart(d *results.Data, e results.Entry) []byte {
	l := chart.Lines{Title: e.Label, X: "percentile of deliveries (logarithmic towards 100 %)", Y: "latency, ms", Ticks: []chart.Tick{{Value: math.Log10(2), Label: "50 %"}}}
	for i, label := range []string{"90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"} {
		l.Ticks = append(l.Ticks, chart.Tick{Value: float64(i + 1), Label: label})
	}
	var missing []string
	for _, name := range d.Servers() {
		c := d.At(e.Name, name)
		if len(c.Curves) == 0 {
			missing = append(missing, name)
			continue
		}
		l.Curves = append(l.Curves, chart.Curve{Server: name, Points: percentiles(spread.MedianCurve(c.Curves))})
	}
	if len(l.Curves) == 0 {
		return nil
	}
	l.Notes = []string{"At each percentile, the median over the sound runs: " + runCount(d, e.Name) + " of each server."}
	if len(missing) > 0 {
		l.Notes = append(l.Notes, "Not drawn: "+d.Reasons(e.Name, missing)+".")
	}
	return l.SVG()
}

// percentiles returns the points of a curve from the median on.
func percentiles(c spread.Curve) []chart.Point {
	const lowest = 0.001 // ms; a logarithmic axis has no 0
	median := math.Log10(2)
	points := []chart.Point{at(median, max(c.P50, lowest))}
	for i, ms := range c.Nines {
		if nines := float64(i) * spread.NinesStep; nines > median {
			points = append(points, at(nines, max(ms, lowest)))
		}
	}
	return points
}

// at is a point without a range.
func at(x, y float64) chart.Point { return chart.Point{X: x, Y: y, Low: y, High: y} }

// latencyPlot returns the name of the file with the latencies of an entry.
func latencyPlot(entry string) string { return "latency-" + entry + ".svg" }
