package report

import (
	"fmt"
	"strings"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
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

func quantityOf(d *results.Data, entry, target string, f results.Figure, source string) quantity {
	s, ok := f.Of(d.At(entry, target).Shown())
	return quantity{s.Median, ok, source}
}

func labQuantity(d *results.Data, of func(*results.Lab) int) quantity {
	if d.Lab == nil || of(d.Lab) == 0 {
		return quantity{}
	}
	return quantity{float64(of(d.Lab)), true, "millions-of-connections"}
}

// scalingPart returns the computed table.
func scalingPart(d *results.Data) string {
	t := markdown.Table{{"what", "result", "computed as", "measured"}}
	add := func(what string, q quantity, unit, how string, result func(v float64) float64, unitOfResult string) {
		if !q.ok {
			t = append(t, []string{what, markdown.NotMeasured, fmt.Sprintf(how, markdown.NoFigure), markdown.NoFigure})
			return
		}
		source := fmt.Sprintf("%s %s ([%s](../bench/results/REPORT.md#%s))", metric.Number(q.value), unit, strings.ReplaceAll(q.source, "-", " "), q.source)
		t = append(t, []string{what, metric.Number(result(q.value)) + " " + unitOfResult, fmt.Sprintf(how, metric.Number(q.value)), source})
	}
	times := func(by float64) func(float64) float64 { return func(v float64) float64 { return v * by } }
	n := func(v int64) string { return metric.Grouped(v) }

	held := labQuantity(d, func(l *results.Lab) int { return l.Open })
	held.ok = held.value >= perNode
	add("nodes", held, "connections in one process", n(planned)+" / "+n(perNode)+", and one spare per ten%.0s",
		func(float64) float64 { return planned / perNode * (100 + spareNodes) / 100 }, "nodes")
	add("memory of the process, idle", labQuantity(d, func(l *results.Lab) int { return l.Bytes }), "bytes per connection", n(perNode)+" x %s bytes", times(perNode/1e9), "GB per node")
	add("the same with TLS", quantityOf(d.Wire, "idle", "plenum-tls", idleKilobytes, "tls-and-compression"), "KB per connection", n(perNode)+" x %s KB",
		times(perNode*kilobyte/1e9), "GB per node")
	add("memory of the machine, idle, at most", labQuantity(d, func(l *results.Lab) int { return l.Machine }), "bytes per connection, with the client's end", n(perNode)+" x %s bytes",
		times(perNode/1e9), "GB per node")
	add("cores for pings every 15 s", quantityOf(d, "idle", results.Plenum, results.IdleCPU, "idle-connections"), "µs per connection and second", n(perNode)+" x %s µs", times(perNode/1e6), "cores per node")
	add("cores for messages", quantityOf(d, "rooms-small", results.Plenum, results.DeliveryCPU, "many-small-rooms"), "µs per delivery", n(nodeDeliveries)+" deliveries/s x %s µs",
		times(nodeDeliveries/1e6), "cores per node")
	add("traffic to clients", quantityOf(d.Wire, "fan-large", results.Plenum, wireBytes, "tls-and-compression"), "bytes per delivery", n(nodeDeliveries)+" deliveries/s x %s x 8 bits",
		times(nodeDeliveries*8/1e6), "Mbit/s per node")
	add("one message to everybody", quantityOf(d, "fan-large", results.Plenum, results.DeliveryCPU, "one-large-room"), "µs per delivery",
		fmt.Sprintf("%s x %%s µs / %d cores", n(perNode), nodeCores), times(perNode/1e6/nodeCores), "s")
	upgrade := quantityOf(d, "connect", results.Plenum, results.StormCPU, "connecting")
	add("a node dies: its clients go to the others", upgrade, "µs per handshake",
		fmt.Sprintf("%s / %d nodes x %%s µs / %d cores", n(perNode), planned/perNode, nodeCores), times(perNode/(planned/perNode)/1e6/nodeCores), "s of all cores")
	add("all clients come back", upgrade, "µs per handshake", fmt.Sprintf("%s x %%s µs / %d cores", n(perNode), nodeCores), times(perNode/1e6/nodeCores), "s of all cores")
	add("the same with TLS", quantityOf(d.Wire, results.Storming, "plenum-tls", results.StormCPU, "tls-and-compression"), "µs per handshake",
		fmt.Sprintf("%s x %%s µs / %d cores", n(perNode), nodeCores), times(perNode/1e6/nodeCores), "s of all cores")
	add("cores of brokers", quantityOf(d.Cluster, "rooms-small", suite.ClusterName(1), brokerEach, "one-node-with-and-without-the-bus"), "µs per batch of one message",
		n(nodeMessages)+" messages/s x %s µs", times(nodeMessages/1e6), "cores per node")
	add("nodes that one stream serves", quantityOf(d.Cluster, manyRooms, suite.ClusterName(4), roomsRate, "the-highest-rate"), "messages/s, with four nodes, broker and client on two cores",
		"%s / "+n(nodeMessages)+" messages/s", times(1.0/nodeMessages), "nodes")
	return t.Words()
}
