package natsbus

import (
	"errors"
	"sync/atomic"

	"plenum/rooms"
)

// Counter is one of the counters and gauges of a node: an index of Stats and of Counters.
type Counter uint8

// The counters and gauges; Counters says what each of them counts.
const (
	Up Counter = iota
	Nodes
	Rooms
	Batches
	Messages
	Conflicts
	Reads
	Crowded
	Dropped
	Ended
	Downs
	Rollbacks
	numCounters
)

// Counters is the table of all counters and gauges, in the order in which they are shown.
var Counters = [numCounters]rooms.Definition{
	Up:        {Metric: "up", Gauge: true, Help: "1 while the bus takes messages, 0 while it is away."},
	Nodes:     {Metric: "nodes", Gauge: true, Help: "Nodes that are there, as this one sees it, itself among them."},
	Rooms:     {Metric: "rooms", Key: "rooms", Gauge: true, Help: "Rooms whose messages this node gets by the bus."},
	Batches:   {Metric: "batches_total", Key: "batches", Help: "Batches of messages that the bus has taken from this node."},
	Messages:  {Metric: "messages_total", Key: "messages", Help: "Messages in those batches."},
	Conflicts: {Metric: "conflicts_total", Key: "conflicts", Help: "Batches that another node's came before, and that were sent again."},
	Reads:     {Metric: "reads_total", Key: "reads", Help: "Times that what the bus keeps of a room was read."},
	Crowded:   {Metric: "crowded_total", Key: "crowded", Help: "Messages refused because so many of their room waited for the bus."},
	Dropped:   {Metric: "dropped_total", Key: "dropped", Help: "Times that something came by the bus faster than it was handled, was dropped, and was read again."},
	Ended:     {Metric: "ended_total", Key: "ended", Help: "Times that the life of a room with members here had ended, and they were sent to its next one."},
	Downs:     {Metric: "downs_total", Key: "downs", Help: "Times that the bus went away."},
	Rollbacks: {Metric: "rollbacks_total", Key: "rollbacks", Help: "Rooms that this node had begin anew, because the brokers came back without messages that they had acknowledged."},
}

// counters are those of a node. The gauges stay 0, because Stats asks the tables.
type counters [numCounters]atomic.Int64

// countTold counts what speakers are told.
func (c *counters) countTold(a *action) {
	switch {
	case a.err == nil:
		c[Batches].Add(1)
		c[Messages].Add(int64(len(a.receipts)))
	case errors.Is(a.err, rooms.ErrBacklog):
		c[Crowded].Add(int64(max(len(a.receipts), 1)))
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
