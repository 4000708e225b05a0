package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/metric"
	"plenum/bench/observe"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// clusterPartName is the part of rooms/natsbus/CLUSTER.md with figures of clusters.
const clusterPartName = "cluster"

// Figures about clusters. A batch is messages of one room that a node sends to the broker
// together.
var (
	completionP50 = results.Figure{Title: "completion p50, ms", Best: results.Lower, Value: metric.From(results.Completion, results.P50)}
	completionMax = results.Figure{Title: "completion max, ms", Best: results.Lower, Value: metric.From(results.Completion, func(p *latency.Percentiles) float64 { return p.Max })}
	nodeMemory    = results.Figure{Title: "node memory, KB per connection", Best: results.Lower, Value: memoryEach}
	checked       = results.Figure{Title: "deliveries checked", Best: results.Higher, Value: func(r *bench.Result) (float64, bool) { return float64(r.Delivered), true }}
	clientUse     = results.Figure{Title: "client cores", Best: results.Lower, Value: metric.From(generator, func(g *bench.OwnUse) float64 { return g.Cores })}

	otherCores   = results.Figure{Title: "other cores", Best: results.Lower, Value: metric.From(machine, func(m *observe.MachineUse) float64 { return m.Other })}
	brokerCores  = results.Figure{Title: "broker cores", Best: results.Lower, Value: metric.From(brokerOf, func(b *observe.BrokerUse) float64 { return b.Cores })}
	brokerEach   = results.Figure{Title: "broker CPU per batch, µs", Best: results.Lower, Value: ofBatches(func(b *observe.BrokerUse, r *bench.Result) float64 { return 1e6 * b.CPU })}
	brokerMemory = results.Figure{Title: "broker memory, MB", Best: results.Lower, Value: metric.From(brokerOf, func(b *observe.BrokerUse) float64 { return float64(b.RSS) / results.Megabyte })}
	batchSize    = results.Figure{Title: "messages per batch", Best: results.Higher, Value: ofBatches(func(_ *observe.BrokerUse, r *bench.Result) float64 { return float64(r.Sent) })}
	batchRate    = results.Figure{Title: "batches/s", Best: results.Higher, Value: batchesOf}
	attempts     = results.Figure{Title: "messages to the broker per batch", Best: results.Lower, Value: ofBatches(func(b *observe.BrokerUse, _ *bench.Result) float64 { return float64(b.In) })}
	conflicts    = results.Figure{Title: "conflicts per batch", Best: results.Lower, Value: conflictsOf}
)

func brokerOf(r *bench.Result) *observe.BrokerUse { return r.Broker }
func generator(r *bench.Result) *bench.OwnUse     { return r.Generator }
func machine(r *bench.Result) *observe.MachineUse { return r.Machine }

// ofBatches divides a quantity of a run by the number of batches that the broker stored. The
// result has no value without batches.
func ofBatches(of func(b *observe.BrokerUse, r *bench.Result) float64) func(*bench.Result) (float64, bool) {
	return func(r *bench.Result) (float64, bool) {
		if r.Broker == nil || r.Broker.Batches == 0 {
			return 0, false
		}
		return of(r.Broker, r) / float64(r.Broker.Batches), true
	}
}

func batchesOf(r *bench.Result) (float64, bool) {
	if r.Broker == nil || r.Seconds <= 0 {
		return 0, false
	}
	return float64(r.Broker.Batches) / r.Seconds, true
}

// conflictsOf returns the conflicts per batch. It has no value if the nodes do not count
// conflicts. A conflict is a batch that is sent again because another node's was stored first.
func conflictsOf(r *bench.Result) (float64, bool) {
	if r.Broker == nil || r.Broker.Batches == 0 {
		return 0, false
	}
	n, counted := r.Broker.Bus["conflicts"]
	return n / float64(r.Broker.Batches), counted
}

func memoryEach(r *bench.Result) (float64, bool) {
	if r.Server == nil || r.Connections == 0 {
		return 0, false
	}
	return float64(r.Server.RSSOpen-r.Server.RSSBefore) / float64(r.Connections) / kilobyte, true
}

// clusterRow is a table row: an entry on a number of nodes. 0 nodes means the single server
// without a bus.
type clusterRow struct {
	label, entry string
	nodes        int
}

// clusterRows returns one row per number of nodes of an entry.
func clusterRows(id, label string) (rows []clusterRow) {
	e := clusterEntry(id)
	for _, n := range e.Nodes {
		rows = append(rows, clusterRow{label, id, n})
	}
	return rows
}

func clusterEntry(id string) suite.Entry {
	all := suite.Clustered()
	return all[slices.IndexFunc(all, func(e suite.Entry) bool { return e.ID == id })]
}

func (r clusterRow) in(d *results.Data) *results.Cell {
	return d.At(r.entry, suite.ClusterName(r.nodes))
}

// busText returns the cell with the number of nodes.
func (r clusterRow) busText() string {
	if r.nodes == 0 {
		return "1, without a bus"
	}
	return fmt.Sprint(r.nodes)
}

// clusterTable returns a table with the commands of its entries above it, and failures and
// unused runs below it. A column without any figure is left out. Without runs it is empty.
func clusterTable(d *results.Data, first string, rows []clusterRow, columns ...results.Figure) string {
	if !slices.ContainsFunc(rows, func(r clusterRow) bool { return r.in(d).Count() > 0 }) {
		return ""
	}
	columns = slices.DeleteFunc(columns, func(f results.Figure) bool { return !measuredIn(d, rows, f) })
	head := []string{first, "nodes", "runs"}
	for _, f := range columns {
		head = append(head, f.Title)
	}
	t := markdown.Table{head}
	var missed strings.Builder
	for _, r := range rows {
		c := r.in(d)
		if c.Count() == 0 {
			t = append(t, append([]string{r.label, r.busText(), markdown.NotMeasured}, slices.Repeat([]string{markdown.NoFigure}, len(columns))...))
			continue
		}
		row := []string{r.label, r.busText(), runsText(c)}
		for _, f := range columns {
			row = append(row, figureText(f, c.Shown()))
		}
		t = append(t, row)
		missed.WriteString(missedBullets(r.entry+": ", suite.ClusterName(r.nodes), c))
	}
	return markdown.Paragraphs(clusterCommands(rows), t.Figures(), missed.String(), clusterUnused(d, rows))
}

// measuredIn reports whether any of the rows has the figure.
func measuredIn(d *results.Data, rows []clusterRow, f results.Figure) bool {
	return slices.ContainsFunc(rows, func(r clusterRow) bool {
		_, ok := f.Of(r.in(d).Shown())
		return ok
	})
}

func clusterUnused(d *results.Data, rows []clusterRow) string {
	var unused []string
	for _, r := range rows {
		for _, text := range countUnused(d, r.entry, []string{suite.ClusterName(r.nodes)}) {
			unused = append(unused, r.entry+" "+text)
		}
	}
	return unusedSentence(unused)
}

// clusterCommands returns the commands of the rows' entries, each once.
func clusterCommands(rows []clusterRow) string {
	var lines []string
	for _, r := range rows {
		if line := clusterEntry(r.entry).Command(); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return "```sh\n" + strings.Join(lines, "\n") + "\n```"
}

// clusterSection returns the section about clusters.
func clusterSection(d *results.Data) markdown.Section {
	return markdown.Section{Title: "Several nodes", Text: clusterText, Body: clusterSetup(d), Subs: []markdown.Section{
		{Title: "One node, with and without the bus", Body: clusterTable(d, "load", aloneRows(),
			results.DeliveryP50, results.DeliveryP99, results.CompletionP99, results.DeliveryCPU, results.ServerCores, brokerCores, brokerEach, batchRate, batchSize, attempts, brokerMemory)},
		{Title: "One room over 1 to 16 nodes", Text: markdown.Wrapped(spanText, ""), Body: clusterTable(d, "members", spanRows(),
			checked, completionP50, completionMax, results.DeliveryP50, results.DeliveryCPU, results.ServerCores, clientUse, brokerCores, brokerMemory, nodeMemory)},
		{Title: "One room with senders at every node", Text: markdown.Wrapped(contendedText, ""), Body: clusterTable(d, "messages/s", contendedRows(),
			results.DeliveryP50, results.DeliveryP99, results.CompletionP99, batchRate, batchSize, attempts, conflicts, results.ServerCores, brokerCores, brokerEach)},
		{Title: "The highest rate", Text: markdown.Wrapped(limitText, ""), Body: clusterTable(d, "rooms", searchRows(),
			roomsRate, results.HeldDeliveries, results.DeliveryP99, batchRate, batchSize, attempts, conflicts, results.ServerCores, brokerCores, brokerEach)},
		{Title: "How many nodes, and what broker", Body: sizingPart(d)},
	}}
}

func aloneRows() (rows []clusterRow) {
	for _, one := range [][2]string{
		{"fan-large", "1 room of 5,000, 5 messages/s"},
		{"fan-hot-200", "1 room of 1,000, 200 messages/s"},
		{"fan-hot-1000", "1 room of 1,000, 1,000 messages/s"},
		{"rooms-small", "1,000 rooms of 10, 3 messages/s each"},
		{"rooms-9000", "9,000 rooms of 2, 1 message per 20 s each"},
	} {
		rows = append(rows, clusterRows(one[0], one[1])...)
	}
	return rows
}

func spanRows() (rows []clusterRow) {
	for _, e := range suite.Clustered() {
		if strings.HasPrefix(e.ID, "span-") {
			members := slices.Max(e.Nodes) * suite.Spanned
			rows = append(rows, clusterRows(e.ID, metric.Grouped(int64(members)))...)
		}
	}
	return rows
}

func contendedRows() (rows []clusterRow) {
	for _, rate := range []int64{200, 1000, 4000} {
		rows = append(rows, clusterRows(fmt.Sprintf("contended-%d", rate), metric.Grouped(rate))...)
	}
	return rows
}

func searchRows() []clusterRow {
	return append(clusterRows(oneRoom, "1 of 120"), clusterRows(manyRooms, "1,000 of 4")...)
}

// IDs of the entries that search for the highest rate.
const (
	oneRoom   = "one-room"
	manyRooms = "many-rooms"
)

// roomsRate is the sustained rate in messages per second, of all rooms together.
var roomsRate = results.Figure{Title: "messages/s sustained", Best: results.Higher, Value: func(r *bench.Result) (float64, bool) {
	if r.Saturate == nil || r.Delivered == 0 {
		return 0, false
	}
	return r.Saturate.Deliveries * float64(r.Sent) / float64(r.Delivered), true
}}

// clusterSetup returns how clusters are started, and when they were measured.
func clusterSetup(d *results.Data) string {
	runs := d.Used()
	if len(runs) == 0 {
		return ""
	}
	broker := results.Distinct(runs, func(r *bench.Result) any { return strings.ReplaceAll(r.Labels["broker"], ": ", " ") })
	return markdown.Paragraphs("```sh\nplenum-bench suite --cluster\n```",
		markdown.Wrapped(fmt.Sprintf("Measured in a suite of its own, %s. Commit of plenum: %s. Runs: %s. Cores that other processes used: %s.", results.Period(runs),
			results.Distinct(runs, func(r *bench.Result) any { return r.Labels["commit"] }), d.CountText(len(runs)), figureText(otherCores, runs)), ""),
		markdown.Bullet("the broker, %s: `%s`", broker, suite.BrokerCommand)+
			markdown.Bullet("nodes 1, 2 and so on: `%s`", suite.ClusterCommand)+
			markdown.Bullet("the single server without a bus: `%s`", suite.AloneCommand))
}
