package natsbus

import (
	"errors"
	"sync/atomic"

	"plenum/rooms"
)

// Counter is one of the counters and gauges of a node: an index of Stats and of Counters.
type Counter uint8

// The counters and gauges. Counters has their descriptions.
const (
	Up Counter = iota
	Nodes
	Rooms
	Batches
	Messages
	Conflicts
	Reads
	BacklogFull
	Dropped
	Ended
	Downs
	Rollbacks
	numCounters
)

// Counters is the table of all counters and gauges, in the order in which they are shown.
var Counters = [numCounters]rooms.Definition{
	Up:          {Metric: "up", Gauge: true, Help: "1 while the brokers take messages, 0 while they do not. If only some of several streams do, 1."},
	Nodes:       {Metric: "nodes", Gauge: true, Help: "Nodes of the cluster that this node knows to be running, including itself."},
	Rooms:       {Metric: "rooms", Key: "rooms", Gauge: true, Help: "Rooms whose messages this node receives from the brokers now."},
	Batches:     {Metric: "batches_total", Key: "batches", Help: "Batches of messages that the brokers took from this node."},
	Messages:    {Metric: "messages_total", Key: "messages", Help: "Messages in the batches that the brokers took from this node."},
	Conflicts:   {Metric: "conflicts_total", Key: "conflicts", Help: "Batches that were sent again because another node's batch was stored first."},
	Reads:       {Metric: "reads_total", Key: "reads", Help: "Requests to the brokers for a room's stored messages or its latest position."},
	BacklogFull: {Metric: "backlog_full_total", Key: "backlog_full", Help: "Messages refused because too many messages of their room waited for the brokers."},
	Dropped:     {Metric: "dropped_total", Key: "dropped", Help: "Times that messages from the brokers were dropped because they arrived faster than this node handled them. They are read again."},
	Ended:       {Metric: "ended_total", Key: "ended", Help: "Times that the epoch of a room ended while it had members on this node. They were closed with 1012 to join the next epoch."},
	Downs:       {Metric: "downs_total", Key: "downs", Help: "Times that the brokers, or one of several streams, stopped taking messages."},
	Rollbacks:   {Metric: "rollbacks_total", Key: "rollbacks", Help: "Rooms that this node started again with a new epoch, because the brokers lost messages that they had acknowledged."},
}

// StreamUp describes Bus.Streams as a metric with the label stream.
var StreamUp = rooms.Definition{Metric: "stream_up", Gauge: true, Help: "1 while the stream takes messages from this node, 0 while it does not, by stream. Each room belongs to one stream."}

// counters has the counters of a node. The gauges stay 0, because Stats reads them from other tables.
type counters [numCounters]atomic.Int64

// countReceipts counts the result that a's receipts are called with.
func (c *counters) countReceipts(a *action) {
	switch {
	case a.err == nil:
		c[Batches].Add(1)
		c[Messages].Add(int64(len(a.receipts)))
	case errors.Is(a.err, rooms.ErrBacklog):
		c[BacklogFull].Add(int64(max(len(a.receipts), 1)))
	}
}

// Stats is a snapshot of a node's counters and gauges.
type Stats [numCounters]int64

// Stats reads the counters. Each is exact, but together they are not one moment.
func (b *Bus) Stats() (s Stats) {
	for c := range b.counters {
		s[c] = b.counters[c].Load()
	}
	if b.Up() {
		s[Up] = 1
	}
	s[Nodes] = int64(b.nodes.count(b.now()))
	b.subjects.each(func(room *subject) {
		room.mu.Lock()
		defer room.mu.Unlock()
		if room.sub != nil {
			s[Rooms]++
		}
	})
	return s
}
