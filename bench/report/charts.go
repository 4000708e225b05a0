package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"plenum/bench"
	"plenum/bench/latency"
)

// chart is a plot with one line per target. The y axis is logarithmic.
type chart struct {
	title, x, y string
	ticks       []plot.Tick // of x
	curves      []curve
}

// curve is the line of one target.
type curve struct {
	target string
	points plotter.XYs
	failed []bool // per point, whether a run failed or was held back; nil: points have no marks
}

// charts returns the charts that have results, by file name.
func charts(d *data) map[string]chart {
	all := map[string]chart{memoryPlot: memoryChart(d), throughputPlot: throughputChart(d)}
	for _, e := range entries {
		if e.plot == latencyPlot(e.name) {
			all[e.plot] = latencyChart(d, e)
		}
	}
	for name, c := range all {
		if len(c.curves) == 0 {
			delete(all, name)
		}
	}
	return all
}

// latencyChart shows latency by percentile. On the x axis, 90 %, 99 %, 99.9 % and so on have
// the same distance.
func latencyChart(d *data, e entryKind) chart {
	c := chart{title: e.title, x: "percentile of deliveries", y: "latency, ms"}
	for i, label := range []string{"0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"} {
		c.ticks = append(c.ticks, plot.Tick{Value: float64(i), Label: label})
	}
	c.ticks = append(c.ticks, plot.Tick{Value: math.Log10(2), Label: "50 %"})
	for _, target := range targets {
		if runs := d.at(e.name, target); len(runs.sound) > 0 && runs.latency.Count() > 0 {
			c.curves = append(c.curves, curve{target: target, points: percentiles(runs.latency)})
		}
	}
	return c
}

// percentiles returns points from the median up to the last percentile below the maximum.
func percentiles(h latency.Histogram) (points plotter.XYs) {
	const step, most = 0.02, 5 // nines
	end := min(most, math.Log10(float64(h.Count())))
	for nines := math.Log10(2); nines <= end; nines += step {
		at := h.At(100 * (1 - math.Pow(10, -nines)))
		points = append(points, plotter.XY{X: nines, Y: at.Seconds() * 1000})
	}
	return points
}

// memoryChart shows the median memory of each step of the idle entry.
func memoryChart(d *data) chart {
	c := chart{title: "idle connections", x: "connections", y: "server memory, MB"}
	for _, target := range targets {
		if points := steps(d.at("idle", target).sound); len(points) > 0 {
			c.curves = append(c.curves, curve{target: target, points: points, failed: make([]bool, len(points))})
		}
	}
	if len(c.curves) > 0 {
		c.ticks = ticksAt(c.curves[0].points)
	}
	return c
}

func steps(runs []*bench.Result) (points plotter.XYs) {
	if len(runs) == 0 || runs[0].Idle == nil {
		return nil
	}
	for i, first := range runs[0].Idle.Steps {
		memory := figure{value: from(func(r *bench.Result) *bench.IdleStep { return stepAt(r, i) }, resident)}
		s, _ := memory.of(runs) // ok, because the first run has the step
		points = append(points, plotter.XY{X: float64(first.Connections), Y: s.median})
	}
	return points
}

func stepAt(r *bench.Result, i int) *bench.IdleStep {
	if r.Idle == nil || i >= len(r.Idle.Steps) {
		return nil
	}
	return &r.Idle.Steps[i]
}

func resident(s *bench.IdleStep) float64 { return float64(s.RSS) / megabyte }

// offered has the messages per second of the entries with one room of 1,000.
var offered = []struct {
	entry string
	rate  float64
}{{"fan-hot-200", 200}, {"fan-hot-1000", 1000}, {"fan-hot-4000", 4000}, {"fan-hot-10000", 10000}}

// throughputChart shows the delivery rate by offered rate. It includes runs that failed or
// were held back.
func throughputChart(d *data) chart {
	c := chart{
		title: "1 room of 1,000 (a cross: messages were lost or held back, or connections ended)",
		x:     "messages/s offered", y: "deliveries/s",
	}
	for _, o := range offered {
		c.ticks = append(c.ticks, plot.Tick{Value: math.Log10(o.rate), Label: number(o.rate)})
	}
	for _, target := range targets {
		if one := throughput(d, target); len(one.points) > 0 {
			c.curves = append(c.curves, one)
		}
	}
	return c
}

func throughput(d *data, target string) curve {
	one := curve{target: target}
	for _, o := range offered {
		runs := d.at(o.entry, target)
		s, ok := deliveryRate.of(slices.Concat(runs.sound, runs.held, runs.failed))
		if !ok || s.median == 0 {
			continue
		}
		one.points = append(one.points, plotter.XY{X: math.Log10(o.rate), Y: s.median})
		one.failed = append(one.failed, runs.missed() > 0)
	}
	return one
}

// ticksAt returns one labelled tick per point.
func ticksAt(points plotter.XYs) (ticks []plot.Tick) {
	for _, p := range points {
		ticks = append(ticks, plot.Tick{Value: p.X, Label: number(p.X)})
	}
	return ticks
}
