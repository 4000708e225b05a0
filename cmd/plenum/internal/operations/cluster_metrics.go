package operations

import (
	"github.com/prometheus/client_golang/prometheus"

	"plenum/rooms/natsbus"
)

// What there is only in a cluster.
var (
	busUp        = desc("bus_up", "1 while the bus takes messages, 0 while it is away.")
	busNodes     = desc("bus_nodes", "Nodes that are there, as this one sees it, itself among them.")
	busRooms     = desc("bus_rooms", "Rooms whose messages this node gets by the bus.")
	busBatches   = desc("bus_batches_total", "Batches of messages that the bus has taken from this node.")
	busMessages  = desc("bus_messages_total", "Messages in those batches.")
	busConflicts = desc("bus_conflicts_total", "Batches that another node's came before, and that were sent again.")
	busReads     = desc("bus_reads_total", "Times that what the bus keeps of a room was read.")
	busCrowded   = desc("bus_crowded_total", "Messages refused because so many of their room waited for the bus.")
	busDropped   = desc("bus_dropped_total", "Times that something came by the bus faster than it was handled, was dropped, and was read again.")
	busEnded     = desc("bus_ended_total", "Times that the life of a room with members here had ended, and they were sent to its next one.")
	busDowns     = desc("bus_downs_total", "Times that the bus went away.")
	busRollbacks = desc("bus_rollbacks_total", "Rooms that this node had begin anew, because the brokers came back without messages that they had acknowledged.")
)

// collectBus tells what the bus counts.
func collectBus(b natsbus.Stats, gauge func(*prometheus.Desc, int, ...string), counter func(*prometheus.Desc, uint64, ...string)) {
	up := 0
	if b.Up {
		up = 1
	}
	gauge(busUp, up)
	gauge(busNodes, b.Nodes)
	gauge(busRooms, b.Rooms)
	counter(busBatches, b.Batches)
	counter(busMessages, b.Messages)
	counter(busConflicts, b.Conflicts)
	counter(busReads, b.Reads)
	counter(busCrowded, b.Crowded)
	counter(busDropped, b.Dropped)
	counter(busEnded, b.Ended)
	counter(busDowns, b.Downs)
	counter(busRollbacks, b.Rollbacks)
}
