package natsbus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
	"plenum/rooms/natsbus/internal/query"
)

const (
	// answerTimeout bounds how long a question waits for answers.
	answerTimeout = time.Second
	// expectFor is how long after a node's last sign of life its answer is waited for.
	expectFor = 5 * time.Second
)

// ask asks all nodes, this one among them. The error is ErrBus if the bus is away. all is false if a
// node that is there has not answered in time.
func (b *Bus) ask(ctx context.Context, q query.Question) (answers []query.Answer, all bool, err error) {
	if !b.Up() {
		return nil, false, rooms.ErrBus
	}
	nodes := b.expected()
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if answers, err = query.Ask(ctx, b.serving.Load().conn, askSubject, q, nodes); err != nil {
		return nil, false, rooms.ErrBus
	}
	return answers, len(nodes) == 0, nil
}

// expected returns the nodes whose answers are waited for.
func (b *Bus) expected() map[uint64]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	nodes := map[uint64]bool{b.node: true}
	for id, n := range b.nodes {
		if n.name != "" && b.now()-n.heard < expectFor { // without a name it has left, or is about to come
			nodes[id] = true
		}
	}
	return nodes
}

// onQuestion answers a node's question.
func (b *Bus) onQuestion(m *nats.Msg) {
	if err := query.Respond(m, b.answer); err != nil {
		b.log.Error("bus", "error", err)
	}
}

// answer answers for this node.
func (b *Bus) answer(q query.Question) query.Answer {
	a := query.Answer{Node: b.node, Name: b.name}
	switch q.Kind {
	case query.Rooms:
		a.Rooms, a.More = b.hub.Rooms(q.After, q.Limit)
	case query.Room:
		if info, found := b.hub.Room(q.Room); found {
			a.Rooms = []rooms.Info{info}
		}
	case query.Members:
		a.Names, a.More, a.Found = b.hub.Members(q.Room, q.After, q.Limit)
	case query.Kick:
		a.Closed = b.hub.Kick(q.Room, q.Name, q.Code, q.Reason)
	case query.Status:
		if b.cfg.Status != nil {
			a.Status = b.cfg.Status()
		}
	}
	return a
}
