package admin

import (
	"context"
	"encoding/json"

	"github.com/bytedance/sonic"

	"plenum/engine"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// ClusterNode is one of the nodes in GET /status. Status is what the node returns as NodeStatus, null if it has not answered.
type ClusterNode struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	This   bool            `json:"this"`
	Status json.RawMessage `json:"status"`
}

// clusterNow returns what GET /status shows of the cluster: this node's part in it, and all nodes, which
// it asks. It returns nil if there is no cluster.
func (a *Admin) clusterNow(ctx context.Context) any {
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
	status := object{
		{"node", node},             // id of this one
		{"up", b[natsbus.Up] == 1}, // the bus takes messages
	}
	status = append(status, busCounters.status(b[:])...)
	return append(status, member{"nodes", nodes})
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
		a.cfg.Logger.Error("status of this node cannot be encoded, other nodes show it without figures: report this bug", "error", err)
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
