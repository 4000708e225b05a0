package report

import (
	"fmt"
	"slices"
	"strings"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/metric"
	"plenum/bench/observe"
	"plenum/bench/suite"
)

// clusterFolder is the folder with the results of clusters, within the folder of results.
const clusterFolder = "cluster"

// clusterPartName is the part of rooms/natsbus/CLUSTER.md with figures of clusters.
const clusterPartName = "cluster"

var namesOfClusters = knownNames{clusterEntries(), clusterNames()}

func clusterEntries() (ids []string) {
	for _, e := range suite.Clustered() {
		ids = append(ids, e.ID)
	}
	return ids
}

func clusterNames() []string {
	names := []string{suite.ClusterName(0)}
	for _, n := range suite.ClusterNodes {
		names = append(names, suite.ClusterName(n))
	}
	return names
}

// Figures about clusters. A batch is messages of one room that a node sends to the broker
// together.
var (
	completionP50 = figure{"completion p50, ms", lower, metric.From(completion, p50)}
	completionMax = figure{"completion max, ms", lower, metric.From(completion, func(p *latency.Percentiles) float64 { return p.Max })}
	nodeMemory    = figure{"node memory, KB per connection", lower, memoryEach}
	checked       = figure{"deliveries checked", higher, func(r *bench.Result) (float64, bool) { return float64(r.Delivered), true }}
	clientUse     = figure{"client cores", lower, metric.From(generator, func(g *bench.OwnUse) float64 { return g.Cores })}

	otherCores   = figure{"other cores", lower, metric.From(machine, func(m *observe.MachineUse) float64 { return m.Other })}
	brokerCores  = figure{"broker cores", lower, metric.From(brokerOf, func(b *observe.BrokerUse) float64 { return b.Cores })}
	brokerEach   = figure{"broker CPU per batch, µs", lower, ofBatches(func(b *observe.BrokerUse, r *bench.Result) float64 { return 1e6 * b.CPU })}
	brokerMemory = figure{"broker memory, MB", lower, metric.From(brokerOf, func(b *observe.BrokerUse) float64 { return float64(b.RSS) / megabyte })}
	batchSize    = figure{"messages per batch", higher, ofBatches(func(_ *observe.BrokerUse, r *bench.Result) float64 { return float64(r.Sent) })}
	batchRate    = figure{"batches/s", higher, batchesOf}
	attempts     = figure{"messages to the broker per batch", lower, ofBatches(func(b *observe.BrokerUse, _ *bench.Result) float64 { return float64(b.In) })}
	conflicts    = figure{"conflicts per batch", lower, conflictsOf}
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

func (r clusterRow) in(d *data) *cell { return d.at(r.entry, suite.ClusterName(r.nodes)) }

// busText returns the cell with the number of nodes.
func (r clusterRow) busText() string {
	if r.nodes == 0 {
		return "1, without a bus"
	}
	return fmt.Sprint(r.nodes)
}

// clusterTable returns a table with the commands of its entries above it, and failures and
// unused runs below it. A column without any figure is left out. Without runs it is empty.
func clusterTable(d *data, first string, rows []clusterRow, columns ...figure) string {
	if !slices.ContainsFunc(rows, func(r clusterRow) bool { return r.in(d).count() > 0 }) {
		return ""
	}
	columns = slices.DeleteFunc(columns, func(f figure) bool { return !measuredIn(d, rows, f) })
	head := []string{first, "nodes", "runs"}
	for _, f := range columns {
		head = append(head, f.title)
	}
	t := table{head}
	var missed strings.Builder
	for _, r := range rows {
		c := r.in(d)
		if c.count() == 0 {
			t = append(t, append([]string{r.label, r.busText(), notMeasured}, slices.Repeat([]string{noFigure}, len(columns))...))
			continue
		}
		row := []string{r.label, r.busText(), runsText(c)}
		for _, f := range columns {
			row = append(row, figureText(f, c.shown()))
		}
		t = append(t, row)
		missed.WriteString(missedBullets(r.entry+": ", suite.ClusterName(r.nodes), c))
	}
	return paragraphs(clusterCommands(rows), t.figures(), missed.String(), clusterUnused(d, rows))
}

// measuredIn reports whether any of the rows has the figure.
func measuredIn(d *data, rows []clusterRow, f figure) bool {
	return slices.ContainsFunc(rows, func(r clusterRow) bool {
		_, ok := f.of(r.in(d).shown())
		return ok
	})
}

func clusterUnused(d *data, rows []clusterRow) string {
	var unused []string
	for _, r := range rows {
		for _, text := range d.unused(r.entry, []string{suite.ClusterName(r.nodes)}) {
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
func clusterSection(d *data) section {
	return section{title: "Several nodes", text: clusterText, body: clusterSetup(d), subs: []section{
		{title: "One node, with and without the bus", body: clusterTable(d, "load", aloneRows(),
			deliveryP50, deliveryP99, completionP99, deliveryCPU, serverCores, brokerCores, brokerEach, batchRate, batchSize, attempts, brokerMemory)},
		{title: "One room over 1 to 16 nodes", text: wrapped(spanText, ""), body: clusterTable(d, "members", spanRows(),
			checked, completionP50, completionMax, deliveryP50, deliveryCPU, serverCores, clientUse, brokerCores, brokerMemory, nodeMemory)},
		{title: "One room with senders at every node", text: wrapped(contendedText, ""), body: clusterTable(d, "messages/s", contendedRows(),
			deliveryP50, deliveryP99, completionP99, batchRate, batchSize, attempts, conflicts, serverCores, brokerCores, brokerEach)},
		{title: "The highest rate", text: wrapped(limitText, ""), body: clusterTable(d, "rooms", searchRows(),
			roomsRate, heldDeliveries, deliveryP99, batchRate, batchSize, attempts, conflicts, serverCores, brokerCores, brokerEach)},
		{title: "How many nodes, and what broker", body: sizingPart(d)},
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
			rows = append(rows, clusterRows(e.ID, grouped(int64(members)))...)
		}
	}
	return rows
}

func contendedRows() (rows []clusterRow) {
	for _, rate := range []int64{200, 1000, 4000} {
		rows = append(rows, clusterRows(fmt.Sprintf("contended-%d", rate), grouped(rate))...)
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
var roomsRate = figure{"messages/s sustained", higher, func(r *bench.Result) (float64, bool) {
	if r.Saturate == nil || r.Delivered == 0 {
		return 0, false
	}
	return r.Saturate.Deliveries * float64(r.Sent) / float64(r.Delivered), true
}}

// clusterSetup returns how clusters are started, and when they were measured.
func clusterSetup(d *data) string {
	runs := d.used()
	if len(runs) == 0 {
		return ""
	}
	broker := distinct(runs, func(r *bench.Result) any { return strings.ReplaceAll(r.Labels["broker"], ": ", " ") })
	return paragraphs("```sh\nplenum-bench suite --cluster\n```",
		wrapped(fmt.Sprintf("Measured in a suite of its own, %s. Commit of plenum: %s. Runs: %s. Cores that other processes used: %s.", period(runs),
			distinct(runs, func(r *bench.Result) any { return r.Labels["commit"] }), d.countText(len(runs)), figureText(otherCores, runs)), ""),
		bullet("the broker, %s: `%s`", broker, suite.BrokerCommand)+
			bullet("nodes 1, 2 and so on: `%s`", suite.ClusterCommand)+
			bullet("the single server without a bus: `%s`", suite.AloneCommand))
}
