package natsbus

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"plenum/rooms/natsbus/internal/query"
)

// Node describes a node of the cluster.
type Node struct {
	ID, Name string
	This     bool            // it is the node on which Nodes was called
	Status   json.RawMessage // from its Config.Status; nil: it has not answered
}

// Nodes returns all living nodes, sorted by name. It also returns dead nodes, for an hour after their last
// heartbeat. It leaves out a node that announced its stop, and a dead node whose name a living node has. Of several
// dead nodes of one name it returns the latest.
func (b *Bus) Nodes(ctx context.Context) []Node {
	answers, _, _ := b.ask(ctx, query.Question{Kind: query.Status}) // no answers if the bus is away
	answered := map[uint64]query.Answer{b.node: {}}
	for _, a := range answers {
		answered[a.Node] = a
	}
	if answered[b.node].Node == 0 && b.serving.Load() != nil { // name is set
		answered[b.node] = b.answer(query.Question{Kind: query.Status})
	}
	b.nodes.addSilent(answered, b.now())
	var nodes []Node
	for id, a := range answered {
		nodes = append(nodes, Node{ID: nodeName(id), Name: a.Name, This: id == b.node, Status: a.Status})
	}
	slices.SortFunc(nodes, func(x, y Node) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
	return nodes
}
