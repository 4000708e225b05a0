package report

import (
	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

// Texts of the sections about clusters.
const (
	clusterText = `Several plenum processes form a cluster over a NATS server with JetStream (` + "`plenum serve --cluster`" + `). That server is the
*broker*. The *bus* is a node's connection to it. Nodes, broker and client share the two cores of one machine. So the figures
show what a cluster costs and that nothing is lost. They do not show how fast it is on separate machines.

- Members are spread over the nodes in turn, senders too. Every member is checked as above: the numbers of a room are one
  sequence at all nodes. If the descriptor limit requires it, the client is several processes too.
- Nodes ping every 10 minutes only, with and without a bus: more pings would be most of the work of 288,000 connections.
- A *batch* is the messages of one room that a node sends to the broker together. They were collected while the previous batch
  was on its way.
- *Messages to the broker per batch* counts everything that nodes send: the batch, the same batch again if another node's
  batch was stored first, reads, and presence.`

	spanText = `18,000 members at each node, all in one room, and 10 messages of 128 bytes from one member. The more nodes, the longer the
pause between messages, so that there are always 28,800 deliveries per second. Completion counts from when a message was due to
when the last member of all nodes has it.`

	contendedText = `120 members. 12 of them send in turn, the same number at each node. The rate is that of all senders together.`

	limitText = `The highest rate with nothing lost and a p99 under 150 ms: in one room with senders at every node, and in 1,000 rooms with at
least one member at every node. Each rate is tried for 3 s on new connections. The other figures are those of the highest rate.`
)

// clusterPage returns the figures for rooms/natsbus/CLUSTER.md.
func clusterPage(d *results.Data) string {
	one, sixteen := d.At("span-1", suite.ClusterName(1)), d.At("span-16", suite.ClusterName(16))
	if len(one.Sound) == 0 || len(sixteen.Sound) == 0 {
		return markdown.Wrapped(clusterUnmeasured, "")
	}
	t := markdown.Table{{"", "1 node", "16 nodes"}, {"members, all in one room", "18,000", "288,000"}}
	for _, row := range []struct {
		text string
		of   results.Figure
	}{
		{"one message to the last member, ms", completionP50}, {"memory of the node, KB per connection", nodeMemory},
		{"broker, cores", brokerCores}, {"broker, MB of memory", brokerMemory},
	} {
		t = append(t, []string{row.text, median(row.of, one), median(row.of, sixteen)})
	}
	return markdown.Paragraphs(markdown.Wrapped(clusterMeasured, ""), t.Figures(), clusterRate(d))
}

// clusterRate says where the highest rate of a cluster is published.
func clusterRate(d *results.Data) string {
	if len(d.At(oneRoom, suite.ClusterName(4)).Sound) == 0 {
		return "The highest rate that a cluster sustains was not measured for this version."
	}
	return "[The highest rate](../../bench/results/REPORT.md#the-highest-rate) has what one room and many rooms sustain."
}

func median(f results.Figure, c *results.Cell) string {
	s, ok := f.Of(c.Sound)
	if !ok {
		return markdown.NoFigure
	}
	return metric.Number(s.Median)
}

const (
	clusterMeasured = `The following figures are of all nodes, the broker and the client on one machine of two cores.
[REPORT.md](../../bench/results/REPORT.md#several-nodes) has all tables, the commands and the method.`

	clusterUnmeasured = "There are no figures of clusters of this version. `plenum-bench suite --cluster` measures up to 16 nodes, with the broker and the client on one machine."
)
