package report

import (
	"cmp"
	"slices"
	"strings"
)

// entryKind describes an entry of the suite: a file of results, and its place in the report.
type entryKind struct {
	name    string
	within  string // the part with its figures; empty: a place of its own
	section string // heading of its section
	title   string // heading within the section; empty if the section has no other entry
	text    string // the load
	label   string // title of its plot of latencies; empty: no such plot
	columns []figure
	limited bool // the table has the column "limited by"
}

var (
	trafficColumns  = []figure{deliveryP50, deliveryP99, completionP99, deliveryCPU, serverCores, growth, deliveryRate}
	churnColumns    = slices.Concat(trafficColumns, []figure{joinP99})
	saturateColumns = []figure{heldDeliveries, heldRate, deliveryP99, deliveryCPU, serverCores}
	slowColumns     = []figure{deliveryP50, deliveryP99, slowEnded, growth, deliveryCPU}
	idleColumns     = []figure{idleCount, idleBytes, idleSlope, pingCPU, idleCPU}
	connectColumns  = []figure{stormRate, stormCPU, stormServer, stormClient, steadyCPU, steadyP50, steadyP99}
	hourColumns     = []figure{deliveryP50, deliveryP99, deliveryCPU, serverCores, growth, slowEnded, joinP99}

	allColumns = slices.Concat(churnColumns, saturateColumns[:2], []figure{slowEnded}, idleColumns, connectColumns)
)

// Headings of sections with several entries.
const (
	busySection  = "One busy room"
	sizesSection = "Message sizes"
	smallSection = "Many small rooms"
	slowSection  = "Members that stop reading"
)

// entries has all entries in the order of the report.
var entries = []entryKind{
	{
		name: "fan-large", section: "One large room", label: "1 room of 5,000, 5 messages/s",
		text: "5,000 members, 5 messages per second of 128 bytes.", columns: trafficColumns,
	},
	hotEntry("fan-hot-200", "200"), hotEntry("fan-hot-1000", "1,000"), hotEntry("fan-hot-4000", "4,000"), hotEntry("fan-hot-10000", "10,000"),
	{
		name: "saturate", section: busySection, title: "The highest rate in one room", columns: saturateColumns, limited: true,
		text: "The highest rate that a room of 1,000 sustains, with nothing lost and a p99 under 150 ms. It is found by doubling the rate, then halving the gap.",
	},
	sizeEntry("size-20", "20 bytes"), sizeEntry("size-200", "200 bytes"), sizeEntry("size-1k", "1 KiB"), sizeEntry("size-16k", "16 KiB"),
	{
		name: "rooms-small", section: smallSection, title: "Rooms of 10", label: "1,000 rooms of 10, 3 messages/s each",
		text: "1,000 rooms of 10, 3 messages per second in each.", columns: trafficColumns,
	},
	{
		name: "zipf", section: smallSection, title: "Rooms of all sizes", columns: churnColumns,
		text: "10,000 connections in 2,000 rooms with sizes by Zipf's law, one message per second in each room. 100 members per second leave and others join.",
	},
	{
		name: "churn", section: smallSection, title: "Members that come and go", columns: churnColumns,
		text: "100 rooms of 50, 5 messages per second in each. 500 members per second leave and others join.",
	},
	{
		name: "many", section: smallSection, title: "Connections in many rooms", columns: trafficColumns,
		text: "Each connection is in many rooms. Only servers with a route for that are measured.",
	},
	{
		name: "echo", section: "Echo", columns: trafficColumns,
		text: "1,000 connections, each of which sends 10 messages per second of 128 bytes and receives only its own messages.",
	},
	{
		name: "slow", section: slowSection, title: "A tenth stops reading", columns: slowColumns,
		text: "A room of 200, 500 messages per second of 4 KiB. 10 % of the members stop reading. The latencies are those of the others.",
	},
	{name: "slow-none", section: slowSection, title: "All members read", columns: slowColumns, text: "The same load when all members read."},
	{
		name: "idle", section: "Idle connections", columns: idleColumns,
		text: "Rooms of 10, and a ping every 15 s. Bytes are resident memory beyond that of the server with one connection. The kernel's socket buffers are not included.",
	},
	{
		name: "connect", section: "Connecting", columns: connectColumns,
		text: "15,000 upgrades as fast as 64 dialers can open them, then 2,000 per second.",
	},
	{
		name: hourEntry, section: "One hour", columns: hourColumns,
		text: "One hour at half load: members join and leave, and some stop reading from time to time.",
	},
	{name: storming, within: wirePartName},
	{name: large, within: wirePartName},
}

func hotEntry(name, rate string) entryKind {
	e := entryKind{
		name: name, section: busySection, title: rate + " messages per second", columns: trafficColumns,
		text: "1,000 members, " + rate + " messages per second of 128 bytes.",
	}
	if rate != "10,000" { // which hardly any server sustains
		e.label = "1 room of 1,000, " + rate + " messages/s"
	}
	return e
}

func sizeEntry(name, size string) entryKind {
	return entryKind{
		name: name, section: sizesSection, title: "Messages of " + size, columns: trafficColumns,
		text: "A room of 200, 50 messages per second of " + size + ": a load that every server carries.",
	}
}

// heading returns the heading above the entry's figures.
func (e entryKind) heading() string { return cmp.Or(e.title, e.section) }

func latencyPlot(entry string) string { return "latency-" + entry + ".svg" }

// kind returns the description of an entry. One that is not of the suite has the columns that its
// results have.
func (d *data) kind(name string) entryKind {
	if i := slices.IndexFunc(entries, func(e entryKind) bool { return e.name == name }); i >= 0 {
		return entries[i]
	}
	columns := slices.DeleteFunc(slices.Clone(allColumns), func(f figure) bool {
		return !slices.ContainsFunc(d.measured(name), func(target string) bool {
			_, ok := f.of(d.at(name, target).shown())
			return ok
		})
	})
	return entryKind{name: name, title: "Entry " + name, columns: columns}
}

// further returns the names of the measured entries that are not of the suite.
func (d *data) further() (names []string) {
	known := func(name string) bool {
		return slices.ContainsFunc(entries, func(e entryKind) bool { return e.name == strings.TrimSuffix(name, oneLoop) })
	}
	for _, k := range d.keys() {
		if !known(k.entry) && !slices.Contains(names, k.entry) && d.cells[k].count() > 0 {
			names = append(names, k.entry)
		}
	}
	return names
}
