package report

import (
	"fmt"
	"math"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// sizing writes list items with medians. An item that lacks a figure is left out.
type sizing struct {
	d          *results.Data
	list       strings.Builder
	incomplete bool // the current item lacks a figure
}

// of returns the median of a figure in the sound runs of an entry on a number of nodes.
func (s *sizing) of(entry string, nodes int, f results.Figure) float64 {
	v, ok := f.Of(s.d.At(entry, suite.ClusterName(nodes)).Sound)
	s.incomplete = s.incomplete || !ok
	return v.Median
}

// text returns the formatted result of of.
func (s *sizing) text(entry string, nodes int, f results.Figure) string {
	return metric.Number(s.of(entry, nodes, f))
}

// sentence writes a list item, unless one of its figures is missing.
func (s *sizing) sentence(format string, args ...any) {
	if !s.incomplete {
		s.list.WriteString(markdown.Bullet(format, args...))
	}
	s.incomplete = false
}

// sizingPart returns the conclusions about the number of nodes and the broker.
func sizingPart(d *results.Data) string {
	s := &sizing{d: d}
	s.nodes()
	s.bus()
	s.broker()
	s.contention()
	s.oneMessage()
	s.highestRates()
	if s.list.Len() == 0 {
		return ""
	}
	return s.list.String()
}

func (s *sizing) nodes() {
	s.sentence("**How many nodes.** Divide the number of connections by the number that one node can hold, and add one node as a spare. Here a node "+
		"had %s connections, of a limit of %s descriptors per process. A connection takes %s KB of memory on a single server without a "+
		"bus, %s KB with one node on a bus, and %s KB with 16 nodes.",
		metric.Grouped(suite.Spanned), metric.Grouped(20_000),
		s.text("span-1", 0, nodeMemory), s.text("span-1", 1, nodeMemory), s.text("span-16", 16, nodeMemory))
}

func (s *sizing) bus() {
	s.sentence("**What the bus costs a node.** Processor time per delivery without and with a bus: %s and %s µs in a room of 5,000; %s and %s µs in "+
		"a room of 1,000 with 1,000 messages per second, in batches of %s messages; %s and %s µs in small rooms, in which every "+
		"message is a batch. In small rooms the p99 is %s ms without and %s ms with a bus.",
		s.text("fan-large", 0, results.DeliveryCPU), s.text("fan-large", 1, results.DeliveryCPU),
		s.text("fan-hot-1000", 0, results.DeliveryCPU), s.text("fan-hot-1000", 1, results.DeliveryCPU), s.text("fan-hot-1000", 1, batchSize),
		s.text("rooms-small", 0, results.DeliveryCPU), s.text("rooms-small", 1, results.DeliveryCPU),
		s.text("rooms-small", 0, results.DeliveryP99), s.text("rooms-small", 1, results.DeliveryP99))
}

func (s *sizing) broker() {
	least := math.Inf(1)
	at := func(entry string, nodes int) string {
		least = min(least, s.of(entry, nodes, brokerEach))
		return fmt.Sprintf("%s µs at %s batches per second", s.text(entry, nodes, brokerEach), s.text(entry, nodes, batchRate))
	}
	one := []any{at("contended-200", 1), at("rooms-small", 1), at(manyRooms, 1)}
	four := []any{at("contended-200", 4), at("rooms-small", 4), at(manyRooms, 4)}
	s.sentence("**What the broker does.** It receives each batch once, and sends it once to each node with members of the room, however many "+
		"members there are. Its processor time per batch depends on how busy it is: with 1 node %s, %s and %s; with 4 nodes %s, %s and %s. At "+
		"the lowest of these, one core would be full at %s batches per second. That is calculated, not measured.",
		append(append(one, four...), metric.Number(1e6/least))...)
	s.sentence("**What rooms cost.** 9,000 rooms of 2, with one message per 20 s each, take %s KB of memory per connection on one node, compared with "+
		"%s KB without a bus. They take %s cores of the node, compared with %s without a bus; 2 nodes take %s together. The broker takes %s MB "+
		"and %s cores with 1 node, %s MB and %s cores with 2. Every 10 s a node asks the stream whether it has missed anything in a quiet "+
		"room, so the broker receives %s messages per batch with 1 node, and %s with 2.",
		s.text("rooms-9000", 1, nodeMemory), s.text("rooms-9000", 0, nodeMemory),
		s.text("rooms-9000", 1, results.ServerCores), s.text("rooms-9000", 0, results.ServerCores), s.text("rooms-9000", 2, results.ServerCores),
		s.text("rooms-9000", 1, brokerMemory), s.text("rooms-9000", 1, brokerCores),
		s.text("rooms-9000", 2, brokerMemory), s.text("rooms-9000", 2, brokerCores),
		s.text("rooms-9000", 1, attempts), s.text("rooms-9000", 2, attempts))
	s.sentence("**What idle nodes cost the broker.** With %s members at 16 nodes, and one message every 10 s, the broker took %s "+
		"cores and %s MB.",
		metric.Grouped(16*suite.Spanned), s.text("span-16", 16, brokerCores), s.text("span-16", 16, brokerMemory))
}

func (s *sizing) contention() {
	s.sentence("**One room, many publishing nodes.** At 1,000 messages per second in all, the p99 is %s ms with 1 node and %s ms with 4. At 4,000 it "+
		"is %s and %s ms. If another node's batch was stored first, a node sends its batch again. So with 4 nodes the broker receives %s messages "+
		"per batch at 200 messages per second, %s at 1,000 and %s at 4,000, at which a batch has %s messages.",
		s.text("contended-1000", 1, results.DeliveryP99), s.text("contended-1000", 4, results.DeliveryP99),
		s.text("contended-4000", 1, results.DeliveryP99), s.text("contended-4000", 4, results.DeliveryP99),
		s.text("contended-200", 4, attempts), s.text("contended-1000", 4, attempts), s.text("contended-4000", 4, attempts),
		s.text("contended-4000", 4, batchSize))
}

func (s *sizing) oneMessage() {
	one, all := s.of("span-1", 1, completionP50), s.of("span-16", 16, completionP50)
	s.sentence("**One message to all.** It reaches the last of 18,000 members at one node after %s ms, and the last of 288,000 at 16 nodes after %s ms: "+
		"%s times as long for 16 times the members. All nodes and the client share the same two cores. On 16 machines the nodes "+
		"would write at the same time; that is not measured here. Each of the %s deliveries at 16 nodes was checked.",
		metric.Number(one), metric.Number(all), metric.Number(all/one), s.text("span-16", 16, checked))
}

func (s *sizing) highestRates() {
	s.sentence("**Highest rate in one room.** With a p99 under 150 ms in a room of 120, a single server without a bus sustains %s messages per second, "+
		"one node %s, two %s, four %s.",
		s.text(oneRoom, 0, roomsRate), s.text(oneRoom, 1, roomsRate), s.text(oneRoom, 2, roomsRate), s.text(oneRoom, 4, roomsRate))
	s.sentence("**Highest rate in many rooms.** In 1,000 rooms of 4, a single server without a bus sustains %s messages per second, one node %s, two %s, "+
		"four %s. With one, two and four nodes the broker used %s, %s and %s cores, and the nodes together %s, %s and %s, of the two cores that they "+
		"share with the client. All batches of all rooms pass through one leader of one stream. More nodes hold more connections and write more "+
		"deliveries, but they do not raise the rate that the leader can take.",
		s.text(manyRooms, 0, roomsRate), s.text(manyRooms, 1, roomsRate), s.text(manyRooms, 2, roomsRate), s.text(manyRooms, 4, roomsRate),
		s.text(manyRooms, 1, brokerCores), s.text(manyRooms, 2, brokerCores), s.text(manyRooms, 4, brokerCores),
		s.text(manyRooms, 1, results.ServerCores), s.text(manyRooms, 2, results.ServerCores), s.text(manyRooms, 4, results.ServerCores))
}
