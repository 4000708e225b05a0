package natsbus

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
	"plenum/rooms/natsbus/internal/query"
)

// answerTimeout is how long ask waits for answers.
const answerTimeout = time.Second

// ask asks all nodes about the rooms of the share. See Bus.ask. Nodes of an older version have one share only. They must not
// take q.Room for a room of that share, so q goes out with the bus's name of the room.
func (d Directory) ask(ctx context.Context, q query.Question) (answers []query.Answer, all bool, err error) {
	q.Share = d.name
	if q.Room != "" {
		q.Room = d.prefix + q.Room
	}
	answers, all, err = d.bus.ask(ctx, q)
	return slices.DeleteFunc(answers, func(a query.Answer) bool { return a.Share != d.name }), all, err
}

// ask asks all nodes, this node included. all is false if an expected node has not answered in time. The error is
// rooms.ErrBus if the bus is away.
func (b *Bus) ask(ctx context.Context, q query.Question) (answers []query.Answer, all bool, err error) {
	if !b.Up() {
		return nil, false, rooms.ErrBus
	}
	nodes := b.nodes.expected(b.now())
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if answers, err = query.Ask(ctx, b.serving.Load().conn, askSubject, q, nodes); err != nil {
		return nil, false, rooms.ErrBus
	}
	return answers, len(nodes) == 0, nil
}

// onQuestion answers the question of a node, which may be this one.
func (b *Bus) onQuestion(m *nats.Msg) {
	if err := query.Respond(m, b.answer); err != nil {
		b.log.Error("nats: question of another node not answered, its lists are incomplete: run the same version on all nodes", "error", err)
	}
}

// answer returns this node's answer to q.
func (b *Bus) answer(q query.Question) query.Answer {
	a := query.Answer{Node: b.node, Name: b.name, Share: q.Share}
	switch q.Kind {
	case query.Report:
		if s := b.subjects.find(q.Room); s != nil {
			a.Report = s.currentReport()
		}
	case query.Status:
		if b.cfg.Status != nil {
			a.Status = b.cfg.Status()
		}
	default:
		for _, s := range b.shares {
			if s.name == q.Share {
				s.answer(q, &a)
			}
		}
	}
	return a
}

// answer adds the answer to a question about the rooms of the share at this node to a.
func (s *Share) answer(q query.Question, a *query.Answer) {
	room, own := s.own(q.Room)
	if q.Room != "" && !own {
		return
	}
	switch q.Kind {
	case query.Rooms:
		a.Rooms, a.More = s.hub.Rooms(q.After, q.Limit)
	case query.Room:
		if info, found := s.hub.Room(room); found {
			a.Rooms = []rooms.Info{info}
		}
	case query.Members:
		page := s.hub.Members(room, q.After, q.Limit)
		a.Names, a.Infos, a.More, a.Found = page.Names, page.Infos, page.More, page.Found
	case query.Kick:
		a.Closed = s.hub.Kick(room, q.Name, q.Code, q.Reason)
	}
}
