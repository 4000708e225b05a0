package page

import (
	"fmt"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
)

// timeKinds are the figures over time that a run may have.
var timeKinds = []struct {
	title, label string
	log          bool
	points       func(*bench.Result) []point
}{
	{"Delivery p99 by stage", "delivery p99, ms (logarithmic)", true, stagePoints},
	{"Delivery p99 over time", "delivery p99, ms (logarithmic)", true, latencyPoints},
	{"Memory of the server over time", "resident memory, MB", false, memoryPoints},
}

// timePlots returns the plots of figures over time, of the first sound run of each server that has them.
func timePlots(members []*member) (plots []Plot) {
	for _, kind := range timeKinds {
		p := Plot{Title: kind.title}
		var curves []curve
		for _, m := range members {
			if len(m.group.Sound) == 0 {
				continue
			}
			if points := kind.points(m.group.Sound[0]); len(points) > 0 {
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

// stagePoints returns a point in the middle of each stage.
func stagePoints(r *bench.Result) (points []point) {
	for _, s := range r.Stages {
		if s.MessageStage != nil && s.Delivery != nil && s.Delivery.P99 > 0 {
			points = append(points, point{s.Start + s.Seconds/2, s.Delivery.P99})
		}
	}
	return points
}

func latencyPoints(r *bench.Result) (points []point) {
	for _, row := range r.Series {
		if row.Delivery != nil && row.Delivery.P99 > 0 {
			points = append(points, point{row.End, row.Delivery.P99})
		}
	}
	return points
}

func memoryPoints(r *bench.Result) (points []point) {
	for _, row := range r.Series {
		if row.RSS > 0 {
			points = append(points, point{row.End, float64(row.RSS) / 1e6})
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

// longest is the longest time, in seconds, for which an axis is in seconds. Above it, the axis is in minutes.
const longest = 600

func timeDrawings(label string, log bool, curves []curve) []Drawing {
	end := 0.0
	for _, c := range curves {
		end = max(end, c.points[len(c.points)-1].x)
	}
	x := linearAxis("seconds", end)
	if end > longest {
		x = linearAxis("minutes", end/60)
		inMinutes(curves)
	}
	low, high := heights(curves)
	y := linearAxis(label, high)
	if log {
		y = logAxis(label, low, high)
	}
	return draw(x, y, curves)
}

// inMinutes changes the x of all points from seconds to minutes.
func inMinutes(curves []curve) {
	for _, c := range curves {
		for i := range c.points {
			c.points[i].x /= 60
		}
	}
}
