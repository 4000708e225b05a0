package natsbus

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"plenum/rooms/natsbus/internal/query"
)

// Node is what a node tells of itself.
type Node struct {
	ID, Name string
	This     bool            // it is the one that was asked
	Status   json.RawMessage // of Config.Status; nil: it has not answered
}

// Nodes is all nodes, by name: those that are there, and for an hour those that went without
// a word, unless another of their name is there.
func (b *Bus) Nodes(ctx context.Context) []Node {
	answers, _, _ := b.Directory().ask(ctx, query.Question{Kind: query.Status}) // where the bus is away there are none
	answered := map[uint64]query.Answer{b.node: {}}
	for _, a := range answers {
		answered[a.Node] = a
	}
	if answered[b.node].Node == 0 && b.serving.Load() != nil { // it has its name
		answered[b.node] = b.Directory().answer(query.Question{Kind: query.Status})
	}
	b.nodes.addSilent(answered, b.now())
	var nodes []Node
	for id, a := range answered {
		nodes = append(nodes, Node{ID: nodeName(id), Name: a.Name, This: id == b.node, Status: a.Status})
	}
	slices.SortFunc(nodes, func(x, y Node) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
	return nodes
}
