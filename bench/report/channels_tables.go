package report

import "plenum/bench"

// channelsTable compares the entries with messages.
func channelsTable(d *data) table {
	t := table{{
		"load", "clients", "runs", "deliveries", "lost, duplicated or out of order",
		deliveryCPU.title, "ratio", deliveryP50.title, deliveryP99.title, wireBytes.title,
	}}
	for _, load := range channelsLoads {
		for _, name := range []string{plenum, channels} {
			c := d.at(load.entry, name)
			t = append(t, []string{
				load.label, clientsName(name), channelsRuns(c), deliveriesText(c), flawsText(c), wireText(deliveryCPU, c),
				channelsRatio(d, load.entry, name, deliveryCPU), figureText(deliveryP50, c.shown()), figureText(deliveryP99, c.shown()), figureText(wireBytes, c.shown()),
			})
		}
	}
	return t
}

// channelsIdleTable compares idle connections.
func channelsIdleTable(d *data) table {
	t := table{{"idle connections", "clients", "runs", idleBytes.title, "ratio"}}
	for _, name := range []string{plenum, channels} {
		c := d.at("idle", name)
		t = append(t, []string{
			figureText(idleCount, c.shown()), clientsName(name), channelsRuns(c), wireText(idleBytes, c), channelsRatio(d, "idle", name, idleBytes),
		})
	}
	return t
}

func clientsName(target string) string {
	if target == channels {
		return "Pusher Channels"
	}
	return "native"
}

func channelsRuns(c *cell) string {
	if c.count() == 0 {
		return notMeasured
	}
	return runsText(c)
}

// channelsRatio divides the median of the Pusher Channels clients by that of the native ones.
func channelsRatio(d *data, entry, name string, f figure) string {
	native, measured := f.of(d.at(entry, plenum).sound)
	s, compared := f.of(d.at(entry, name).sound)
	if name == plenum || !measured || !compared || native.Median == 0 {
		return noFigure
	}
	return number(s.Median / native.Median)
}

// all returns the runs that are used.
func (c *cell) all() (runs []*bench.Result) {
	return append(append(append(runs, c.sound...), c.held...), c.failed...)
}

// deliveriesText returns the number of deliveries of all runs together.
func deliveriesText(c *cell) string {
	var n uint64
	for _, r := range c.all() {
		n += r.Delivered
	}
	return grouped(int64(n))
}

// flawsText returns the number of deliveries of all runs together that were wrong or did not arrive.
func flawsText(c *cell) string {
	var n uint64
	for _, r := range c.all() {
		n += r.Lost + r.Duplicated + r.OutOfOrder + r.Missing + r.Foreign + r.Echoed
	}
	return grouped(int64(n))
}
