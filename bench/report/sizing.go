package report

import (
	"fmt"
	"math"
	"strings"

	"plenum/bench/suite"
)

// sizing makes sentences of medians; one that lacks a figure is left out.
type sizing struct {
	d    *data
	list strings.Builder
	lack bool // a figure of the sentence under way
}

// of is the median of a figure in the sound runs of an entry with so many nodes.
func (s *sizing) of(entry string, nodes int, f figure) float64 {
	v, ok := f.of(s.d.at(entry, suite.ClusterName(nodes)).sound)
	s.lack = s.lack || !ok
	return v.median
}

// text is of as it is written.
func (s *sizing) text(entry string, nodes int, f figure) string { return number(s.of(entry, nodes, f)) }

// say ends a sentence.
func (s *sizing) say(format string, args ...any) {
	if !s.lack {
		s.list.WriteString(bullet(format, args...))
	}
	s.lack = false
}

// sizingPart is what the figures say of how many nodes and what broker a load wants.
func sizingPart(d *data) string {
	s := &sizing{d: d}
	s.nodes()
	s.bus()
	s.broker()
	s.contention()
	s.reach()
	s.ends()
	if s.list.Len() == 0 {
		return "Not measured."
	}
	return s.list.String()
}

func (s *sizing) nodes() {
	s.say("**How many nodes.** Connections / what one holds, and one more, so that one may go: here %s a node, of %s descriptors a process. "+
		"A connection takes %s KB of memory of a node without a bus, %s KB of one with it, and %s KB of 16.",
		grouped(suite.Spanned), grouped(20_000),
		s.text("span-1", 0, nodeMemory), s.text("span-1", 1, nodeMemory), s.text("span-16", 16, nodeMemory))
}

func (s *sizing) bus() {
	s.say("**What the bus costs a node.** Processor time a delivery, without and with it: %s and %s us in a room of 5,000, %s and %s us in "+
		"a room of 1,000 with 1,000 messages a second, where a batch is %s messages, %s and %s us in small rooms, where every "+
		"message is a batch. p99 there: %s and %s ms.",
		s.text("fan-large", 0, deliveryCPU), s.text("fan-large", 1, deliveryCPU),
		s.text("fan-hot-1000", 0, deliveryCPU), s.text("fan-hot-1000", 1, deliveryCPU), s.text("fan-hot-1000", 1, batchSize),
		s.text("rooms-small", 0, deliveryCPU), s.text("rooms-small", 1, deliveryCPU),
		s.text("rooms-small", 0, deliveryP99), s.text("rooms-small", 1, deliveryP99))
}

func (s *sizing) broker() {
	least := math.Inf(1)
	at := func(entry string, nodes int) string {
		least = min(least, s.of(entry, nodes, brokerEach))
		return fmt.Sprintf("%s us at %s batches a second", s.text(entry, nodes, brokerEach), s.text(entry, nodes, batchRate))
	}
	one := []any{at("contended-200", 1), at("rooms-small", 1), at(manyRooms, 1)}
	four := []any{at("contended-200", 4), at("rooms-small", 4), at(manyRooms, 4)}
	s.say("**What the broker carries.** Each batch once in, and once out to each node with members of the room, however many they are. What "+
		"a batch takes of its processor time depends on how busy it is: with 1 node %s, %s and %s; with 4 nodes %s, %s and %s. At the least of "+
		"these a core of its own would be full at %s batches a second, which is arithmetic, and not measured.",
		append(append(one, four...), number(1e6/least))...)
	s.say("**What rooms cost.** 9,000 rooms of 2, each with a message in 20 s, take %s KB of a node's memory a connection, where without a "+
		"bus they take %s, and %s cores of the node, where without they take %s; at 2 nodes both together %s. The broker has %s MB "+
		"and %s cores of them with 1 node, %s MB and %s cores with 2. A node asks the stream every 10 s whether a quiet room has "+
		"missed anything: the broker is sent %s messages a batch with 1 node, %s with 2.",
		s.text("rooms-9000", 1, nodeMemory), s.text("rooms-9000", 0, nodeMemory),
		s.text("rooms-9000", 1, serverCores), s.text("rooms-9000", 0, serverCores), s.text("rooms-9000", 2, serverCores),
		s.text("rooms-9000", 1, brokerMemory), s.text("rooms-9000", 1, brokerCores),
		s.text("rooms-9000", 2, brokerMemory), s.text("rooms-9000", 2, brokerCores),
		s.text("rooms-9000", 1, attempts), s.text("rooms-9000", 2, attempts))
	s.say("**What nodes cost the broker that say nothing.** With %s members at 16 nodes, and a message every 10 s, it took %s "+
		"cores and %s MB.",
		grouped(16*suite.Spanned), s.text("span-16", 16, brokerCores), s.text("span-16", 16, brokerMemory))
}

func (s *sizing) contention() {
	s.say("**One room, many nodes that speak.** At 1,000 messages a second in all, p99 is %s ms with 1 node and %s with 4; at 4,000, "+
		"%s and %s. A batch that another node's came before is sent again: with 4 nodes the broker is sent %s messages a batch at "+
		"200 messages a second, %s at 1,000 and %s at 4,000, where a batch is %s messages.",
		s.text("contended-1000", 1, deliveryP99), s.text("contended-1000", 4, deliveryP99),
		s.text("contended-4000", 1, deliveryP99), s.text("contended-4000", 4, deliveryP99),
		s.text("contended-200", 4, attempts), s.text("contended-1000", 4, attempts), s.text("contended-4000", 4, attempts),
		s.text("contended-4000", 4, batchSize))
}

func (s *sizing) reach() {
	one, all := s.of("span-1", 1, completionP50), s.of("span-16", 16, completionP50)
	s.say("**One message to all.** %s ms to the last of 18,000 at one node, %s ms to the last of 288,000 at 16: %s times as long for 16 "+
		"times the members, on the same two cores, of which the nodes and the client take what there is. On 16 machines the nodes "+
		"would write at the same time, which is not measured here. Of the %s deliveries at 16 nodes each was checked.",
		number(one), number(all), number(all/one), s.text("span-16", 16, checked))
}

func (s *sizing) ends() {
	s.say("**Where it ends: one room.** With p99 under 150 ms one node without a bus holds %s messages a second to a room of 120, one with "+
		"it %s, two %s, four %s.",
		s.text(oneRoom, 0, roomsRate), s.text(oneRoom, 1, roomsRate), s.text(oneRoom, 2, roomsRate), s.text(oneRoom, 4, roomsRate))
	s.say("**Where it ends: many rooms.** In 1,000 rooms of 4 one node without a bus holds %s messages a second, one with it %s, two %s, "+
		"four %s; the broker used %s, %s and %s cores then, the nodes together %s, %s and %s, of the two that they and the client have. "+
		"All batches of all rooms go by one leader of one stream: more nodes hold more connections and write more deliveries, but they "+
		"do not raise what the leader takes.",
		s.text(manyRooms, 0, roomsRate), s.text(manyRooms, 1, roomsRate), s.text(manyRooms, 2, roomsRate), s.text(manyRooms, 4, roomsRate),
		s.text(manyRooms, 1, brokerCores), s.text(manyRooms, 2, brokerCores), s.text(manyRooms, 4, brokerCores),
		s.text(manyRooms, 1, serverCores), s.text(manyRooms, 2, serverCores), s.text(manyRooms, 4, serverCores))
}
