package report

import (
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// channelsTable compares the entries with messages.
func channelsTable(d *results.Data) markdown.Table {
	t := markdown.Table{{
		"load", "clients", "runs", "deliveries", "lost, duplicated or out of order",
		results.DeliveryCPU.Title, "ratio", results.DeliveryP50.Title, results.DeliveryP99.Title, wireBytes.Title,
	}}
	for _, load := range channelsLoads {
		for _, name := range []string{results.Plenum, results.Channels} {
			c := d.At(load.entry, name)
			t = append(t, []string{
				load.label, clientsName(name), channelsRuns(c), deliveriesText(c), flawsText(c), wireText(results.DeliveryCPU, c),
				channelsRatio(d, load.entry, name, results.DeliveryCPU), figureText(results.DeliveryP50, c.Shown()), figureText(results.DeliveryP99, c.Shown()), figureText(wireBytes, c.Shown()),
			})
		}
	}
	return t
}

// channelsIdleTable compares idle connections.
func channelsIdleTable(d *results.Data) markdown.Table {
	t := markdown.Table{{"idle connections", "clients", "runs", results.IdleBytes.Title, "ratio"}}
	for _, name := range []string{results.Plenum, results.Channels} {
		c := d.At("idle", name)
		t = append(t, []string{
			figureText(results.IdleCount, c.Shown()), clientsName(name), channelsRuns(c), wireText(results.IdleBytes, c), channelsRatio(d, "idle", name, results.IdleBytes),
		})
	}
	return t
}

func clientsName(target string) string {
	if target == results.Channels {
		return "Pusher Channels"
	}
	return "native"
}

func channelsRuns(c *results.Cell) string {
	if c.Count() == 0 {
		return markdown.NotMeasured
	}
	return runsText(c)
}

// channelsRatio divides the median of the Pusher Channels clients by that of the native ones.
func channelsRatio(d *results.Data, entry, name string, f results.Figure) string {
	native, measured := f.Of(d.At(entry, results.Plenum).Sound)
	s, compared := f.Of(d.At(entry, name).Sound)
	if name == results.Plenum || !measured || !compared || native.Median == 0 {
		return markdown.NoFigure
	}
	return metric.Number(s.Median / native.Median)
}

// deliveriesText returns the number of deliveries of all runs together.
func deliveriesText(c *results.Cell) string {
	var n uint64
	for _, r := range c.All() {
		n += r.Delivered
	}
	return metric.Grouped(int64(n))
}

// flawsText returns the number of deliveries of all runs together that were wrong or did not arrive.
func flawsText(c *results.Cell) string {
	var n uint64
	for _, r := range c.All() {
		n += r.Lost + r.Duplicated + r.OutOfOrder + r.Missing + r.Foreign + r.Echoed
	}
	return metric.Grouped(int64(n))
}
