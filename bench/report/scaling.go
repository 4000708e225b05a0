package report

import (
	"fmt"
	"strings"

	"plenum/bench/suite"
)

// scalingPartName is the part of rooms/SCALING.md that is computed from measured figures.
const scalingPartName = "scaling"

// The plan of rooms/SCALING.md, which describes these numbers in words.
const (
	planned     = 100_000_000 // connections
	perNode     = 1_000_000   // connections of a node; the lab has held at least as many
	spareNodes  = 10          // of a hundred nodes
	roomMembers = 10
	interval    = 10 // seconds from one message of a room to the next
	nodeCores   = 8

	nodeMessages   = perNode / roomMembers / interval // messages per second per node
	nodeDeliveries = perNode / interval
)

// quantity is a measured number and the place of its publication.
type quantity struct {
	value  float64
	ok     bool
	source string
}

func (d *data) quantity(entry, target string, f figure, source string) quantity {
	s, ok := f.of(d.at(entry, target).shown())
	return quantity{s.Median, ok, source}
}

func (d *data) labQuantity(of func(*lab) int) quantity {
	if d.lab == nil || of(d.lab) == 0 {
		return quantity{}
	}
	return quantity{float64(of(d.lab)), true, "millions-of-connections"}
}

// scalingPart returns the computed table.
func scalingPart(d *data) string {
	t := table{{"what", "result", "computed as", "measured"}}
	add := func(what string, q quantity, unit, how string, result func(v float64) float64, unitOfResult string) {
		if !q.ok {
			t = append(t, []string{what, notMeasured, fmt.Sprintf(how, noFigure), noFigure})
			return
		}
		source := fmt.Sprintf("%s %s ([%s](../bench/results/REPORT.md#%s))", number(q.value), unit, strings.ReplaceAll(q.source, "-", " "), q.source)
		t = append(t, []string{what, number(result(q.value)) + " " + unitOfResult, fmt.Sprintf(how, number(q.value)), source})
	}
	times := func(by float64) func(float64) float64 { return func(v float64) float64 { return v * by } }
	n := func(v int64) string { return grouped(v) }

	held := d.labQuantity(func(l *lab) int { return l.open })
	held.ok = held.value >= perNode
	add("nodes", held, "connections in one process", n(planned)+" / "+n(perNode)+", and one spare per ten%.0s",
		func(float64) float64 { return planned / perNode * (100 + spareNodes) / 100 }, "nodes")
	add("memory of the process, idle", d.labQuantity(func(l *lab) int { return l.bytes }), "bytes per connection", n(perNode)+" x %s bytes", times(perNode/1e9), "GB per node")
	add("the same with TLS", d.wire.quantity("idle", "plenum-tls", idleKilobytes, "tls-and-compression"), "KB per connection", n(perNode)+" x %s KB",
		times(perNode*kilobyte/1e9), "GB per node")
	add("memory of the machine, idle, at most", d.labQuantity(func(l *lab) int { return l.machine }), "bytes per connection, with the client's end", n(perNode)+" x %s bytes",
		times(perNode/1e9), "GB per node")
	add("cores for pings every 15 s", d.quantity("idle", plenum, idleCPU, "idle-connections"), "µs per connection and second", n(perNode)+" x %s µs", times(perNode/1e6), "cores per node")
	add("cores for messages", d.quantity("rooms-small", plenum, deliveryCPU, "many-small-rooms"), "µs per delivery", n(nodeDeliveries)+" deliveries/s x %s µs",
		times(nodeDeliveries/1e6), "cores per node")
	add("traffic to clients", d.wire.quantity("fan-large", plenum, wireBytes, "tls-and-compression"), "bytes per delivery", n(nodeDeliveries)+" deliveries/s x %s x 8 bits",
		times(nodeDeliveries*8/1e6), "Mbit/s per node")
	add("one message to everybody", d.quantity("fan-large", plenum, deliveryCPU, "one-large-room"), "µs per delivery",
		fmt.Sprintf("%s x %%s µs / %d cores", n(perNode), nodeCores), times(perNode/1e6/nodeCores), "s")
	upgrade := d.quantity("connect", plenum, stormCPU, "connecting")
	add("a node dies: its clients go to the others", upgrade, "µs per handshake",
		fmt.Sprintf("%s / %d nodes x %%s µs / %d cores", n(perNode), planned/perNode, nodeCores), times(perNode/(planned/perNode)/1e6/nodeCores), "s of all cores")
	add("all clients come back", upgrade, "µs per handshake", fmt.Sprintf("%s x %%s µs / %d cores", n(perNode), nodeCores), times(perNode/1e6/nodeCores), "s of all cores")
	add("the same with TLS", d.wire.quantity(storming, "plenum-tls", stormCPU, "tls-and-compression"), "µs per handshake",
		fmt.Sprintf("%s x %%s µs / %d cores", n(perNode), nodeCores), times(perNode/1e6/nodeCores), "s of all cores")
	add("cores of brokers", d.cluster.quantity("rooms-small", suite.ClusterName(1), brokerEach, "one-node-with-and-without-the-bus"), "µs per batch of one message",
		n(nodeMessages)+" messages/s x %s µs", times(nodeMessages/1e6), "cores per node")
	add("nodes that one stream serves", d.cluster.quantity(manyRooms, suite.ClusterName(4), roomsRate, "the-highest-rate"), "messages/s, with four nodes, broker and client on two cores",
		"%s / "+n(nodeMessages)+" messages/s", times(1.0/nodeMessages), "nodes")
	return t.words()
}
