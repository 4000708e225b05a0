package main

import (
	"context"
	"encoding/json"
)

// clusterStatus is what GET /status tells of the cluster: this node's part in it, and all nodes.
type clusterStatus struct {
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
	Nodes     []clusterNode `json:"nodes"`
}

// clusterNode is one of them. Status is its nodeStatus, null where it has not answered.
type clusterNode struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	This   bool            `json:"this"`
	Status json.RawMessage `json:"status"`
}

// clusterNow asks all nodes. It is nil where there is no cluster.
func (s *server) clusterNow(ctx context.Context) *clusterStatus {
	if s.bus == nil {
		return nil
	}
	var nodes []clusterNode
	node := ""
	for _, n := range s.bus.Nodes(ctx) {
		nodes = append(nodes, clusterNode{ID: n.ID, Name: n.Name, This: n.This, Status: n.Status})
		if n.This {
			node = n.ID
		}
	}
	b := s.bus.Stats()
	return &clusterStatus{
		Node: node, Up: b.Up, Rooms: b.Rooms, Batches: b.Batches, Messages: b.Messages, Conflicts: b.Conflicts,
		Reads: b.Reads, Crowded: b.Crowded, Dropped: b.Dropped, Ended: b.Ended, Downs: b.Downs, Rollbacks: b.Rollbacks, Nodes: nodes,
	}
}
