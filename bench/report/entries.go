package report

import "slices"

// entryKind is one entry of the suite: one file of results, one part of a document.
type entryKind struct {
	name    string
	within  string // the part of a document that it has its figures in; empty: one of its own
	title   string // what it is, for the plots
	columns []figure
	limited bool // its table says what limited the search
	plot    string
	alt     string // what the plot shows
}

var (
	traffic  = []figure{deliveryP50, deliveryP99, completionP99, deliveryCPU, serverCores, growth, deliveryRate}
	changing = slices.Concat(traffic, []figure{joinP99})
	search   = []figure{heldDeliveries, heldRate, deliveryP99, deliveryCPU, serverCores}
	stopping = []figure{deliveryP50, deliveryP99, slowEnded, growth, deliveryCPU}
	resting  = []figure{idleCount, idleBytes, idleSlope, pingCPU, idleCPU}
	upgrades = []figure{stormRate, stormCPU, stormServer, stormClient, steadyP50, steadyP99}
)

// Plots that are of more than one entry, or not of latency.
const (
	memoryPlot     = "memory.svg"
	throughputPlot = "throughput.svg"
)

// entries in the order of a document.
var entries = []entryKind{
	latencyEntry("fan-large", "1 room of 5,000, 5 messages/s"),
	latencyEntry("fan-hot-200", "1 room of 1,000, 200 messages/s"),
	latencyEntry("fan-hot-1000", "1 room of 1,000, 1,000 messages/s"),
	latencyEntry("fan-hot-4000", "1 room of 1,000, 4,000 messages/s"),
	{
		name: "fan-hot-10000", columns: traffic,
		plot: throughputPlot, alt: "deliveries a second by messages a second offered",
	},
	{name: "saturate", columns: search, limited: true},
	latencyEntry("rooms-small", "1,000 rooms of 10, 3 messages/s each"),
	{name: "zipf", columns: changing},
	{name: "churn", columns: changing},
	{name: "echo", columns: traffic},
	{name: "slow", columns: stopping},
	{name: "slow-none", columns: stopping},
	{name: "idle", columns: resting, plot: memoryPlot, alt: "the server's memory by connections"},
	{name: "connect", columns: upgrades},
	{name: storming, within: wirePartName},
	{name: large, within: wirePartName},
}

func latencyEntry(name, title string) entryKind {
	return entryKind{
		name: name, title: title, columns: traffic,
		plot: latencyPlot(name), alt: "latency by percentile: " + title,
	}
}

func latencyPlot(entry string) string { return "latency-" + entry + ".svg" }
