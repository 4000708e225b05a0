package page

import (
	"fmt"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
)

// timePlots returns the plots of figures over time, of the first sound run of each server that has them.
func timePlots(members []*member) (plots []Plot) {
	for _, kind := range []struct {
		title, label string
		log          bool
		of           func(bench.SeriesRow) (float64, bool)
	}{
		{"Delivery p99 over time", "delivery p99, ms (logarithmic)", true, func(r bench.SeriesRow) (float64, bool) {
			if r.Delivery == nil {
				return 0, false
			}
			return r.Delivery.P99, r.Delivery.P99 > 0
		}},
		{"Memory of the server over time", "resident memory, MB", false, func(r bench.SeriesRow) (float64, bool) {
			return float64(r.RSS) / 1e6, r.RSS > 0
		}},
	} {
		p := Plot{Title: kind.title}
		var curves []curve
		for _, m := range members {
			if points := overTime(m, kind.of); len(points) > 0 {
				p.Series = append(p.Series, m.series)
				curves = append(curves, curve{m.series, points})
			}
		}
		if len(curves) > 0 {
			p.Alt, p.Sizes = timeText(kind.title, kind.label, curves), timeDrawings(kind.label, kind.log, curves)
			plots = append(plots, p)
		}
	}
	return plots
}

func overTime(m *member, of func(bench.SeriesRow) (float64, bool)) (points []point) {
	if len(m.group.Sound) == 0 {
		return nil
	}
	for _, row := range m.group.Sound[0].Series {
		if v, ok := of(row); ok {
			points = append(points, point{row.End, v})
		}
	}
	return points
}

func timeText(title, label string, curves []curve) string {
	var words []string
	for _, c := range curves {
		first, last := c.points[0], c.points[len(c.points)-1]
		_, high := heights([]curve{c})
		words = append(words, fmt.Sprintf("%s: %s at first, %s at the end, %s at most", c.series.Name, metric.Number(first.y), metric.Number(last.y), metric.Number(high)))
	}
	return title + ", " + label + ". " + strings.Join(words, "; ") + "."
}

func timeDrawings(label string, log bool, curves []curve) []Drawing {
	end := 0.0
	for _, c := range curves {
		end = max(end, c.points[len(c.points)-1].x)
	}
	low, high := heights(curves)
	y := linearAxis(label, high)
	if log {
		y = logAxis(label, low, high)
	}
	return draw(linearAxis("seconds", end), y, curves)
}
