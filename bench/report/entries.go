package report

import "slices"

// entryKind describes an entry of the suite: a file of results and a part of a document.
type entryKind struct {
	name    string
	within  string // the part of a document with its figures; empty: a part of its own
	title   string // title of its plot
	columns []figure
	limited bool   // the table has the column "limited by"
	plot    string // file name; empty: no plot
	alt     string // alternative text of the plot
}

var (
	trafficColumns  = []figure{deliveryP50, deliveryP99, completionP99, deliveryCPU, serverCores, growth, deliveryRate}
	churnColumns    = slices.Concat(trafficColumns, []figure{joinP99})
	saturateColumns = []figure{heldDeliveries, heldRate, deliveryP99, deliveryCPU, serverCores}
	slowColumns     = []figure{deliveryP50, deliveryP99, slowEnded, growth, deliveryCPU}
	idleColumns     = []figure{idleCount, idleBytes, idleSlope, pingCPU, idleCPU}
	connectColumns  = []figure{stormRate, stormCPU, stormServer, stormClient, steadyCPU, steadyP50, steadyP99}
)

// File names of the plots of several entries.
const (
	memoryPlot     = "memory.svg"
	throughputPlot = "throughput.svg"
)

// entries has all entries in the order of the document.
var entries = []entryKind{
	latencyEntry("fan-large", "1 room of 5,000, 5 messages/s"),
	latencyEntry("fan-hot-200", "1 room of 1,000, 200 messages/s"),
	latencyEntry("fan-hot-1000", "1 room of 1,000, 1,000 messages/s"),
	latencyEntry("fan-hot-4000", "1 room of 1,000, 4,000 messages/s"),
	{
		name: "fan-hot-10000", columns: trafficColumns,
		plot: throughputPlot, alt: "deliveries per second by messages per second offered",
	},
	{name: "saturate", columns: saturateColumns, limited: true},
	latencyEntry("rooms-small", "1,000 rooms of 10, 3 messages/s each"),
	{name: "zipf", columns: churnColumns},
	{name: "churn", columns: churnColumns},
	{name: "echo", columns: trafficColumns},
	{name: "slow", columns: slowColumns},
	{name: "slow-none", columns: slowColumns},
	{name: "idle", columns: idleColumns, plot: memoryPlot, alt: "server memory by number of connections"},
	{name: "connect", columns: connectColumns},
	{name: storming, within: wirePartName},
	{name: large, within: wirePartName},
}

func latencyEntry(name, title string) entryKind {
	return entryKind{
		name: name, title: title, columns: trafficColumns,
		plot: latencyPlot(name), alt: "latency by percentile: " + title,
	}
}

func latencyPlot(entry string) string { return "latency-" + entry + ".svg" }
