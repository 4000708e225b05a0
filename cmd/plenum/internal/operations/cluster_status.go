package operations

import (
	"context"
	"encoding/json"

	"github.com/bytedance/sonic"

	"plenum/engine"
	"plenum/rooms"
)

// ClusterStatus is what GET /status tells of the cluster: this node's part in it, and all nodes.
type ClusterStatus struct {
	Node      string        `json:"node"` // id of this one
	Up        bool          `json:"up"`   // the bus takes messages
	Rooms     int           `json:"rooms"`
	Batches   uint64        `json:"batches"`
	Messages  uint64        `json:"messages"`
	Conflicts uint64        `json:"conflicts"`
	Reads     uint64        `json:"reads"`
	Crowded   uint64        `json:"crowded"`
	Dropped   uint64        `json:"dropped"`
	Ended     uint64        `json:"ended"`
	Downs     uint64        `json:"downs"`
	Rollbacks uint64        `json:"rollbacks"`
	Nodes     []ClusterNode `json:"nodes"`
}

// ClusterNode is one of them. Status is what the node returns as NodeStatus, null if it has not answered.
type ClusterNode struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	This   bool            `json:"this"`
	Status json.RawMessage `json:"status"`
}

// clusterNow asks all nodes. It returns nil if there is no cluster.
func (a *Admin) clusterNow(ctx context.Context) *ClusterStatus {
	if a.cfg.Bus == nil {
		return nil
	}
	var nodes []ClusterNode
	node := ""
	for _, n := range a.cfg.Bus.Nodes(ctx) {
		nodes = append(nodes, ClusterNode{ID: n.ID, Name: n.Name, This: n.This, Status: n.Status})
		if n.This {
			node = n.ID
		}
	}
	b := a.cfg.Bus.Stats()
	return &ClusterStatus{
		Node: node, Up: b.Up, Rooms: b.Rooms, Batches: b.Batches, Messages: b.Messages, Conflicts: b.Conflicts,
		Reads: b.Reads, Crowded: b.Crowded, Dropped: b.Dropped, Ended: b.Ended, Downs: b.Downs, Rollbacks: b.Rollbacks, Nodes: nodes,
	}
}

// NodeStatus returns what the operations page of any node shows of this one, as JSON. It is for
// natsbus.Config.
func (a *Admin) NodeStatus() []byte {
	e, r := a.cfg.Engine.Stats(), a.roomStats()
	status := object{
		{"version", a.cfg.Version},
		{"ready", a.readiness()},
	}
	for _, c := range []engine.Counter{engine.Connections, engine.MaxConnections} {
		status = append(status, member{engine.Counters[c].Key, e.Counts[c]})
	}
	for _, c := range []rooms.Counter{rooms.Rooms, rooms.Members, rooms.MembersBehind, rooms.Published, rooms.Deliveries} {
		status = append(status, member{rooms.Counters[c].Key, r.Counts[c]})
	}
	b, err := sonic.ConfigStd.Marshal(status)
	if err != nil {
		a.cfg.Logger.Error("status", "error", err)
		return nil
	}
	return b
}

// Words of /readyz.
const (
	Ready    = "ready"
	Draining = "draining"
	BusAway  = "the bus is away"
)

// readiness tells whether clients are to be sent here, or why not.
func (a *Admin) readiness() string {
	switch {
	case a.draining.Load() != nil:
		return Draining
	case a.cfg.Bus != nil && !a.cfg.Bus.Up():
		return BusAway
	}
	return Ready
}
