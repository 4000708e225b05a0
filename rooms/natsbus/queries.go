package natsbus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
	"plenum/rooms/natsbus/internal/query"
)

// answerTimeout is how long ask waits for answers.
const answerTimeout = time.Second

// ask asks all nodes, this node included. all is false if an expected node has not answered in time. The error is
// rooms.ErrBus if the bus is away.
func (d Directory) ask(ctx context.Context, q query.Question) (answers []query.Answer, all bool, err error) {
	if !d.bus.Up() {
		return nil, false, rooms.ErrBus
	}
	nodes := d.bus.nodes.expected(d.bus.now())
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if answers, err = query.Ask(ctx, d.bus.serving.Load().conn, askSubject, q, nodes); err != nil {
		return nil, false, rooms.ErrBus
	}
	return answers, len(nodes) == 0, nil
}

// onQuestion answers the question of a node, which may be this one.
func (d Directory) onQuestion(m *nats.Msg) {
	if err := query.Respond(m, d.answer); err != nil {
		d.bus.log.Error("nats: question of another node not answered, its lists are incomplete: run the same version on all nodes", "error", err)
	}
}

// answer returns this node's answer to q.
func (d Directory) answer(q query.Question) query.Answer {
	a := query.Answer{Node: d.bus.node, Name: d.bus.name}
	switch q.Kind {
	case query.Rooms:
		a.Rooms, a.More = d.bus.hub.Rooms(q.After, q.Limit)
	case query.Room:
		if info, found := d.bus.hub.Room(q.Room); found {
			a.Rooms = []rooms.Info{info}
		}
	case query.Members:
		a.Names, a.More, a.Found = d.bus.hub.Members(q.Room, q.After, q.Limit)
	case query.Report:
		if s := d.bus.subjects.find(q.Room); s != nil {
			a.Report = s.currentReport()
		}
	case query.Kick:
		a.Closed = d.bus.hub.Kick(q.Room, q.Name, q.Code, q.Reason)
	case query.Status:
		if d.bus.cfg.Status != nil {
			a.Status = d.bus.cfg.Status()
		}
	}
	return a
}
