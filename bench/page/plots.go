package page

import (
	"fmt"
	"math"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/spread"
)

// latencyKinds are the histograms of a group, with the titles of their plots.
var latencyKinds = []struct{ name, title, of string }{
	{"delivery", "Delivery latency by percentile", "deliveries"},
	{"completion", "Completion latency by percentile", "messages"},
	{"storm", "Latency of upgrades in the storm by percentile", "upgrades"},
	{"steady", "Latency of upgrades in the steady part by percentile", "upgrades"},
}

// latencyPlots returns the plots of the latencies of the sound runs: per server, the median over its runs.
func latencyPlots(members []*member) (plots []Plot) {
	for _, kind := range latencyKinds {
		p := Plot{Title: kind.title}
		var curves []curve
		var words []string
		for _, m := range members {
			c, ok := m.group.Latency(kind.name)
			if !ok {
				continue
			}
			p.Series = append(p.Series, m.series)
			curves = append(curves, curve{m.series, percentiles(c)})
			words = append(words, fmt.Sprintf("%s: 50 %% %s, 99 %% %s, maximum %s", m.series.Name, metric.Number(c.P50), metric.Number(c.P99), metric.Number(c.Max)))
		}
		if len(curves) == 0 {
			continue
		}
		p.Alt = kind.title + ", in ms. " + strings.Join(words, "; ") + "."
		low, high := heights(curves)
		p.Sizes = draw(nines(kind.of, curves), logAxis("latency, ms (logarithmic)", low, high), curves)
		plots = append(plots, p)
	}
	return plots
}

// percentiles returns the points of a curve. x is the number of nines: 1 for 90 %, 2 for 99 % and so on.
func percentiles(c spread.Curve) (points []point) {
	const lowest = 0.001 // ms; a logarithmic axis cannot show 0
	for i, ms := range c.Nines {
		points = append(points, point{float64(i) * spread.NinesStep, max(ms, lowest)})
	}
	return points
}

// nines returns the axis of percentiles up to the last one that a curve reaches.
func nines(of string, curves []curve) axis {
	a := axis{label: "percentile of " + of + " (logarithmic towards 100 %)", high: 1}
	for _, c := range curves {
		a.high = max(a.high, math.Ceil(c.points[len(c.points)-1].x))
	}
	all := []tick{{0, ""}, {math.Log10(2), "50 %"}, {1, "90 %"}, {2, "99 %"}, {3, "99.9 %"}, {4, "99.99 %"}, {5, "99.999 %"}}
	for _, t := range all {
		if t.value <= a.high {
			a.ticks = append(a.ticks, t)
		}
	}
	return a
}

// heights returns the lowest and the highest y of all points.
func heights(curves []curve) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for _, p := range c.points {
			low, high = min(low, p.y), max(high, p.y)
		}
	}
	return low, high
}
