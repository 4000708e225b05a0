package report

import (
	"fmt"

	"plenum/bench"
	"plenum/bench/report/chart"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

const (
	hourP99Plot    = "hour-p99.svg"
	hourMemoryPlot = "hour-memory.svg"
)

// Figures of one interval. ok is false if the interval has none: latencies are missing if messages
// were lost.
func seriesP99(row bench.SeriesRow) (ms float64, ok bool) {
	if row.Delivery == nil {
		return 0, false
	}
	return row.Delivery.P99, row.Delivery.P99 > 0
}

func seriesMemory(row bench.SeriesRow) (megabytes float64, ok bool) {
	return float64(row.RSSMax) / results.Megabyte, row.RSSMax > 0
}

// seriesChart shows a figure over time, of the first run of each server. It is nil without one.
func seriesChart(d *results.Data, title, y string, of func(bench.SeriesRow) (float64, bool)) []byte {
	l := chart.Lines{Title: title, X: "minutes", Y: y}
	var missing []string
	last := 0.0
	for _, name := range d.Servers() {
		points := seriesPoints(d.At(results.HourEntry, name).Shown(), of)
		if len(points) == 0 {
			missing = append(missing, name)
			continue
		}
		last = max(last, points[len(points)-1].X)
		l.Curves = append(l.Curves, chart.Curve{Server: name, Points: points})
	}
	if len(l.Curves) == 0 {
		return nil
	}
	l.Ticks = minutes(last)
	l.Notes = []string{"One run of each server, in intervals. A gap is an interval in which messages were lost."}
	if len(missing) > 0 {
		l.Notes = append(l.Notes, "Not drawn: "+d.Reasons(results.HourEntry, missing)+".")
	}
	return l.SVG()
}

func seriesPoints(runs []*bench.Result, of func(bench.SeriesRow) (float64, bool)) (points []chart.Point) {
	if len(runs) == 0 {
		return nil
	}
	gap := false
	for _, row := range runs[0].Series {
		v, ok := of(row)
		if !ok {
			gap = true
			continue
		}
		points = append(points, chart.Point{X: row.End / 60, Y: v, Low: v, High: v, AfterGap: gap})
		gap = false
	}
	return points
}

// minutes returns about six ticks from 0 to last.
func minutes(last float64) (ticks []chart.Tick) {
	step := last
	for _, s := range []float64{0.5, 1, 2, 5, 10, 20, 60} {
		if last/s <= 6 {
			step = s
			break
		}
	}
	for v := 0.0; v < last+step*0.99; v += step {
		ticks = append(ticks, chart.Tick{Value: v, Label: fmt.Sprintf("%.3g", v)})
	}
	return ticks
}

// hourPictures shows the plots of the hour.
func hourPictures(drawn map[string]plotFile) string {
	var list []string
	for _, name := range []string{hourP99Plot, hourMemoryPlot} {
		if p, ok := drawn[name]; ok {
			list = append(list, fmt.Sprintf("![%s](plots/%s)", p.alt, name))
		}
	}
	return markdown.Paragraphs(list...)
}
