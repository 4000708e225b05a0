package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// column is a column of the table of all servers.
type column struct {
	title, entry string
	figure       results.Figure
}

// serverColumns are the columns of that table. Their entries are measured with both client shapes.
var serverColumns = []column{
	{"1 room of 5,000: p99 until the last member has a message, ms", "fan-large", results.CompletionP99},
	{"1,000 messages/s to 1,000 members: p99, ms", "fan-hot-1000", results.DeliveryP99},
	{"1 room of 1,000: highest deliveries/s with a p99 under 150 ms", "saturate", results.HeldDeliveries},
	{"1,000 rooms of 10: p99, ms", "rooms-small", results.DeliveryP99},
	{"1,000 rooms of 10: server CPU per delivery, µs", "rooms-small", results.DeliveryCPU},
	{"idle: server's bytes per connection", "idle", results.IdleBytes},
	{"connections opened per second", "connect", results.StormRate},
}

// serversPart returns the table of all servers: medians, with the best of each column marked.
func serversPart(d *results.Data, report string) string {
	t, missing := serverTableOf(d, d.Servers())
	if len(t) == 1 {
		return ""
	}
	note := ""
	if !slices.ContainsFunc(serverColumns, func(c column) bool { return len(d.Best(c.entry, c.figure)) > 0 }) {
		note = "Nothing is marked: an order needs two runs of each server, and a second measurement of plenum, which shows the noise. "
	}
	if len(missing) > 0 {
		note += "Not in the table: " + d.Reasons("fan-large", missing) + ". "
	}
	return markdown.Paragraphs(t.Figures(), markdown.Wrapped(note+shapesNote(d, report), ""))
}

// rivalsPart returns the short table of README.md: plenum, and the best of each column, with default
// settings.
func rivalsPart(d *results.Data) string {
	const best = 2
	t, _ := serverTableOf(d, slices.DeleteFunc(d.Servers(), func(name string) bool {
		return name != results.Plenum && (d.Tuned(name) || !slices.ContainsFunc(serverColumns, func(c column) bool { return rankOf(d, c, name) < best }))
	}))
	if len(t) == 1 {
		return ""
	}
	// One line, because README.md may have 150 of them.
	return markdown.Paragraphs(t.Figures(), fmt.Sprintf("The rows are plenum and the servers that are first or second in a column. Tuned rows and raw, a reference, are in BENCHMARKS.md. plenum runs without announcements of joins and leaves, which the others do not have. **Bold** is the best, and each server that is not behind it by more than the noise. The figures are %s. %s", origin(d.Used()), repeatsSoFar(d))+shapesNote(d, ownReport))
}

// rankOf returns how many servers with default settings have a better median in a column. A server with
// a run that is not sound is the last.
func rankOf(d *results.Data, c column, name string) (n int) {
	sound := d.Sound(c.entry, c.figure)
	if !slices.Contains(sound, name) {
		return math.MaxInt
	}
	for _, other := range sound {
		if !d.Tuned(other) && c.figure.Best.Better(d.Median(c.entry, c.figure, other), d.Median(c.entry, c.figure, name)) {
			n++
		}
	}
	return n
}

// serverTableOf returns the table with these servers, and those of them without any run.
func serverTableOf(d *results.Data, names []string) (t markdown.Table, missing []string) {
	head := []string{"server", "language"}
	for _, c := range serverColumns {
		head = append(head, c.title)
	}
	t = markdown.Table{head}
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

func serverRow(d *results.Data, name string) (row []string, measured bool) {
	row = []string{name, language(d, name)}
	for _, c := range serverColumns {
		runs := d.At(c.entry, name)
		measured = measured || runs.Count() > 0
		row = append(row, marked(d, c, name, serverText(c.figure, runs)))
	}
	return row, measured
}

// language returns the language of a server; a dash if the manifest does not have it.
func language(d *results.Data, name string) string {
	if name == results.Plenum {
		return "Go"
	}
	for _, p := range d.Known {
		if p.Name == name {
			return p.Language
		}
	}
	return markdown.NoFigure
}

func serverText(f results.Figure, c *results.Cell) string {
	s, ok := f.Of(c.Sound)
	switch lost := c.MissedSummary(); {
	case !ok && lost != "":
		return lost
	case !ok:
		return markdown.NoFigure
	case lost != "":
		return metric.Number(s.Median) + ", " + lost
	}
	return metric.Number(s.Median)
}

const noResults = "There are no results."

// summaryPart says what was measured on which machine.
func summaryPart(d *results.Data) string {
	runs := d.Used()
	if len(runs) == 0 {
		return noResults
	}
	e := runs[0].Environment
	kernel, _, _ := strings.Cut(e.Kernel, "-")
	others := 0
	for _, name := range d.Servers() {
		if name != results.Plenum && name != results.Raw && !d.Tuned(name) && slices.ContainsFunc(runs, func(r *bench.Result) bool { return r.Target == name }) {
			others++
		}
	}
	return markdown.Wrapped(fmt.Sprintf("plenum (commit %s), a server for rooms of WebSocket clients, and %d other servers, measured in parts from %s on one machine: %s, %d cores, %s GB, Linux %s, %s. The clients run on the same cores and connect over loopback. %s%s",
		commitOf(runs), others, results.Period(runs), e.CPU, e.Cores, metric.Number(float64(e.MemoryBytes)/1e9), kernel, e.Go, repeatsSoFar(d), nextSet(d)), "")
}
