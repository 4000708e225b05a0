package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plenum/bench"
)

// column is a column of the table of all servers.
type column struct {
	title, entry string
	figure       figure
}

// serverColumns are the columns of that table. Their entries are measured with both client shapes.
var serverColumns = []column{
	{"1 room of 5,000: until all have a message, p99, ms", "fan-large", completionP99},
	{"1,000 messages/s to 1,000 members: p99, ms", "fan-hot-1000", deliveryP99},
	{"1 room of 1,000: highest deliveries/s with a p99 under 150 ms", "saturate", heldDeliveries},
	{"1,000 rooms of 10: server CPU per delivery, µs", "rooms-small", deliveryCPU},
	{"idle: bytes per connection", "idle", idleBytes},
	{"connections opened per second", "connect", stormRate},
}

// serversPart returns the table of all servers: medians, with the best of each column marked.
func serversPart(d *data, report string) string {
	t, missing := serverTableOf(d, d.servers())
	if len(t) == 1 {
		return ""
	}
	note := ""
	if !slices.ContainsFunc(serverColumns, func(c column) bool { return len(d.best(c.entry, c.figure)) > 0 }) {
		note = "Nothing is marked: without a second measurement of plenum nobody knows the noise. "
	}
	if len(missing) > 0 {
		note += "Not in the table: " + d.reasons("fan-large", missing) + ". "
	}
	return paragraphs(t.figures(), wrapped(note+shapesNote(d, report), ""))
}

// rivalsPart returns the short table of README.md: plenum, and the best of each column, with default
// settings.
func rivalsPart(d *data) string {
	const best = 2
	t, _ := serverTableOf(d, slices.DeleteFunc(d.servers(), func(name string) bool {
		return name != plenum && (d.tuned(name) || !slices.ContainsFunc(serverColumns, func(c column) bool { return d.rank(c, name) < best }))
	}))
	if len(t) == 1 {
		return ""
	}
	// One line, because README.md may have 150 of them.
	return paragraphs(t.figures(), fmt.Sprintf("The rows are plenum and the %d best servers of each column, with their default settings. **Bold** is the best, with all that tie with it. The figures are %s.", best, origin(d.used()))+" "+shapesNote(d, ownReport))
}

// rank returns how many servers with default settings have a better median in a column. A server with
// a run that is not sound is the last.
func (d *data) rank(c column, name string) (n int) {
	sound := d.sound(c.entry, c.figure)
	if !slices.Contains(sound, name) {
		return math.MaxInt
	}
	for _, other := range sound {
		if !d.tuned(other) && c.figure.best.better(d.median(c.entry, c.figure, other), d.median(c.entry, c.figure, name)) {
			n++
		}
	}
	return n
}

// serverTableOf returns the table with these servers, and those of them without any run.
func serverTableOf(d *data, names []string) (t table, missing []string) {
	head := []string{"server", "language"}
	for _, c := range serverColumns {
		head = append(head, c.title)
	}
	t = table{head}
	for _, name := range names {
		row, measured := serverRow(d, name)
		if !measured {
			missing = append(missing, name)
			continue
		}
		t = append(t, row)
	}
	return t, missing
}

func serverRow(d *data, name string) (row []string, measured bool) {
	row = []string{name, d.language(name)}
	for _, c := range serverColumns {
		runs := d.at(c.entry, name)
		measured = measured || runs.count() > 0
		text := serverText(c.figure, runs)
		if slices.Contains(d.marked(c), name) {
			text = "**" + text + "**"
		}
		row = append(row, text)
	}
	return row, measured
}

// language returns the language of a server; a dash if the manifest does not have it.
func (d *data) language(name string) string {
	if name == plenum {
		return "Go"
	}
	for _, p := range d.known {
		if p.Name == name {
			return p.Language
		}
	}
	return noFigure
}

func serverText(f figure, c *cell) string {
	s, ok := f.of(c.sound)
	switch lost := c.missedSummary(); {
	case !ok && lost != "":
		return lost
	case !ok:
		return noFigure
	case lost != "":
		return number(s.Median) + ", " + lost
	}
	return number(s.Median)
}

// summaryPart says what was measured on which machine.
func summaryPart(d *data) string {
	runs := d.used()
	if len(runs) == 0 {
		return "There are no results."
	}
	e := runs[0].Environment
	kernel, _, _ := strings.Cut(e.Kernel, "-")
	others := 0
	for _, name := range d.servers() {
		if name != plenum && name != raw && slices.ContainsFunc(runs, func(r *bench.Result) bool { return r.Target == name }) {
			others++
		}
	}
	return wrapped(fmt.Sprintf("plenum (commit %s) and %d other WebSocket servers, measured from %s on one machine: %s, %d cores, %s GB, Linux %s, %s. The clients run on the same cores and connect over loopback. %s",
		commitOf(runs), others, period(runs), e.CPU, e.Cores, number(float64(e.MemoryBytes)/1e9), kernel, e.Go, nextSet(d)), "")
}
