package report

// rivalColumns are the figures of the short table.
var rivalColumns = []struct {
	title, entry string
	figure       figure
}{
	{"1 room of 5,000: completion p99, ms", "fan-large", completionP99},
	{"1,000 messages/s to 1,000: p99, ms", "fan-hot-1000", deliveryP99},
	{"highest sustained deliveries/s", "saturate", heldDeliveries},
	{"1,000 rooms of 10: CPU per delivery, us", "rooms-small", deliveryCPU},
	{"idle: bytes per connection", "idle", idleBytes},
	{"upgrades/s", "connect", stormRate},
}

// rivalsPart returns a short table of medians, for README.md.
func rivalsPart(d *data) string {
	head := []string{"server"}
	for _, c := range rivalColumns {
		head = append(head, c.title)
	}
	t := table{head}
	for _, name := range targets {
		row, measured := rivalRow(d, name)
		if measured {
			t = append(t, row)
		}
	}
	if len(t) == 1 {
		return "Not measured."
	}
	return t.figures()
}

func rivalRow(d *data, name string) (row []string, measured bool) {
	row = []string{name}
	for _, c := range rivalColumns {
		runs := d.at(c.entry, name)
		measured = measured || runs.count() > 0
		row = append(row, rivalText(c.figure, runs))
	}
	return row, measured
}

func rivalText(f figure, c *cell) string {
	s, ok := f.of(c.sound)
	switch lost := c.missedSummary(); {
	case !ok && lost != "":
		return lost
	case !ok:
		return noFigure
	case lost != "":
		return number(s.median) + ", " + lost
	}
	return number(s.median)
}
