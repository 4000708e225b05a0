package results

import (
	"cmp"
	"slices"
	"strings"
)

// Entry describes an entry of the suite: a file of results, and its place in the report.
type Entry struct {
	Name    string
	Within  string // the part with its figures; empty: a place of its own
	Section string // heading of its section
	Title   string // heading within the section; empty if the section has no other entry
	Text    string // the load
	Label   string // title of its plot of latencies; empty: no such plot
	Columns []Figure
	Limited bool // the table has the column "limited by"
}

var (
	trafficColumns  = []Figure{DeliveryP50, DeliveryP99, CompletionP99, DeliveryCPU, ServerCores, Growth, DeliveryRate}
	churnColumns    = slices.Concat(trafficColumns, []Figure{joinP99})
	saturateColumns = []Figure{HeldDeliveries, heldRate, DeliveryP99, DeliveryCPU, ServerCores}
	slowColumns     = []Figure{DeliveryP50, DeliveryP99, slowEnded, Growth, DeliveryCPU}
	idleColumns     = []Figure{IdleCount, IdleBytes, PingCPU, IdleCPU}
	connectColumns  = []Figure{StormRate, StormCPU, stormServer, stormClient, SteadyCPU, steadyP50, steadyP99}
	hourColumns     = []Figure{DeliveryP50, DeliveryP99, DeliveryCPU, ServerCores, Growth, stallsEnded, joinP99}

	allColumns = slices.Concat(churnColumns, saturateColumns[:2], []Figure{slowEnded}, idleColumns, connectColumns)
)

// Entries with a role of their own.
const (
	HourEntry = "hour"          // has figures over time
	Storming  = "connect-storm" // within WireFolder
	Large     = "fan-large-1k"  // likewise
)

// WireFolder is the folder with the results of TLS and compression, and the name of the part about them.
const WireFolder = "wire"

// Headings of sections with several entries.
const (
	busySection  = "One busy room"
	sizesSection = "Message sizes"
	smallSection = "Many small rooms"
	slowSection  = "Members that stop reading"
)

// Entries has all entries in the order of the report.
var Entries = []Entry{
	{
		Name: "fan-large", Section: "One large room", Label: "1 room of 5,000, 5 messages/s",
		Text: "5,000 members, 5 messages per second of 128 bytes.", Columns: trafficColumns,
	},
	hotEntry("fan-hot-200", "200"), hotEntry("fan-hot-1000", "1,000"), hotEntry("fan-hot-4000", "4,000"), hotEntry("fan-hot-10000", "10,000"),
	{
		Name: "saturate", Section: busySection, Title: "The highest rate in one room", Columns: saturateColumns, Limited: true,
		Text: "The highest rate that a room of 1,000 sustains, with nothing lost and a p99 under 150 ms. It is found by doubling the rate, then halving the gap. \"Limited by: server\" means that a higher rate failed while the generator was not at its own limit. The server may have had processor time left.",
	},
	sizeEntry("size-20", "20 bytes"), sizeEntry("size-200", "200 bytes"), sizeEntry("size-1k", "1 KiB"), sizeEntry("size-16k", "16 KiB"),
	{
		Name: "rooms-small", Section: smallSection, Title: "Rooms of 10", Label: "1,000 rooms of 10, 3 messages/s each",
		Text: "1,000 rooms of 10, 3 messages per second in each.", Columns: trafficColumns,
	},
	{
		Name: "zipf", Section: smallSection, Title: "Rooms of all sizes", Columns: churnColumns,
		Text: "10,000 connections in 2,000 rooms with sizes by Zipf's law, one message per second in each room. 100 members per second leave and others join.",
	},
	{
		Name: "churn", Section: smallSection, Title: "Members that come and go", Columns: churnColumns,
		Text: "100 rooms of 50, 5 messages per second in each. 500 members per second leave and others join.",
	},
	{
		Name: "many", Section: smallSection, Title: "Connections in many rooms", Columns: trafficColumns,
		Text: "Each connection is in many rooms. Only servers with a route for that are measured.",
	},
	{
		Name: "echo", Section: "Echo", Columns: trafficColumns,
		Text: "1,000 connections, each of which sends 10 messages per second of 128 bytes and receives only its own messages.",
	},
	{
		Name: "slow", Section: slowSection, Title: "A tenth stops reading", Columns: slowColumns,
		Text: "A room of 200, 500 messages per second of 4 KiB. 10 % of the members stop reading. The latencies are those of the others.",
	},
	{Name: "slow-none", Section: slowSection, Title: "All members read", Columns: slowColumns, Text: "The same load when all members read."},
	{
		Name: "idle", Section: "Idle connections", Columns: idleColumns,
		Text: "Rooms of 10, and a ping every 15 s. Bytes are resident memory beyond that of the server with one connection. The kernel's socket buffers are not included.",
	},
	{
		Name: "connect", Section: "Connecting", Columns: connectColumns,
		Text: "Upgrades as fast as 64 dialers can open them, then at a steady rate.",
	},
	{
		Name: HourEntry, Section: "One hour", Columns: hourColumns,
		Text: "One hour at half load: members join and leave, and some stop reading from time to time.",
	},
	{Name: Storming, Within: WireFolder},
	{Name: Large, Within: WireFolder},
}

func hotEntry(name, rate string) Entry {
	e := Entry{
		Name: name, Section: busySection, Title: rate + " messages per second", Columns: trafficColumns,
		Text: "1,000 members, " + rate + " messages per second of 128 bytes.",
	}
	if rate != "10,000" { // which hardly any server sustains
		e.Label = "1 room of 1,000, " + rate + " messages/s"
	}
	return e
}

func sizeEntry(name, size string) Entry {
	return Entry{
		Name: name, Section: sizesSection, Title: "Messages of " + size, Columns: trafficColumns,
		Text: "A room of 200, 50 messages per second of " + size + ": a load that every server carries.",
	}
}

// Heading returns the heading above the entry's figures.
func (e Entry) Heading() string { return cmp.Or(e.Title, e.Section) }

// Kind returns the description of an entry. One that is not of the suite has the columns that its
// results have.
func (d *Data) Kind(name string) Entry {
	if i := slices.IndexFunc(Entries, func(e Entry) bool { return e.Name == name }); i >= 0 {
		return Entries[i]
	}
	columns := slices.DeleteFunc(slices.Clone(allColumns), func(f Figure) bool {
		return !slices.ContainsFunc(d.Measured(name), func(target string) bool {
			_, ok := f.Of(d.At(name, target).Shown())
			return ok
		})
	})
	return Entry{Name: name, Title: "Entry " + name, Columns: columns}
}

// Further returns the names of the measured entries that are not of the suite.
func (d *Data) Further() (names []string) {
	known := func(name string) bool {
		return slices.ContainsFunc(Entries, func(e Entry) bool { return e.Name == strings.TrimSuffix(name, OneLoop) })
	}
	for _, k := range d.keys() {
		if !known(k.Entry) && !slices.Contains(names, k.Entry) && d.cells[k].Count() > 0 {
			names = append(names, k.Entry)
		}
	}
	return names
}
