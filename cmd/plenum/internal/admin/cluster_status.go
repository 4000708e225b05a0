package admin

import (
	"context"
	"encoding/json"

	"github.com/bytedance/sonic"

	"plenum/engine"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// ClusterNode is one node in GET /status. Status is the node's own NodeStatus; null if the node did not
// answer in time.
type ClusterNode struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	This   bool            `json:"this"`
	Status json.RawMessage `json:"status"`
}

// clusterNow returns the cluster's part of GET /status: the state of this node's bus, and the status of all
// nodes, which it requests from them. It returns nil if there is no bus.
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
		{"node", node},             // id of this node
		{"up", b[natsbus.Up] == 1}, // the bus accepts messages
	}
	status = append(status, busCounters.status(b[:])...)
	return append(status, member{"nodes", nodes})
}

// NodeStatus returns the status of this node as JSON, for the operations pages of all nodes. It is the
// Status function of a natsbus.Config.
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
