package natsbus

import (
	"context"
	"encoding/json"
	"time"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"

	"plenum/rooms"
)

// question is what all nodes are asked, and answer what each of them answers.
type question struct {
	Kind   string `json:"kind"`
	Room   string `json:"room,omitempty"`
	After  string `json:"after,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	Name   string `json:"name,omitempty"`
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type answer struct {
	Node   uint64          `json:"node"`
	Name   string          `json:"name"`
	Rooms  []rooms.Info    `json:"rooms,omitempty"`
	Names  []string        `json:"names,omitempty"`
	More   bool            `json:"more,omitempty"`
	Found  bool            `json:"found,omitempty"`
	Closed int             `json:"closed,omitempty"`
	Status json.RawMessage `json:"status,omitempty"`
}

// Kinds of questions.
const (
	askRooms   = "rooms"
	askRoom    = "room"
	askMembers = "members"
	askKick    = "kick"
	askStatus  = "status"
)

// askTimeout bounds how long a node is waited for, and askFor for how long after it was heard last.
const (
	askTimeout = time.Second
	askFor     = 5 * time.Second
)

// reply answers as this node.
func (b *Bus) reply(q question) answer {
	a := answer{Node: b.node, Name: b.name}
	switch q.Kind {
	case askRooms:
		a.Rooms, a.More = b.hub.Rooms(q.After, q.Limit)
	case askRoom:
		if info, found := b.hub.Room(q.Room); found {
			a.Rooms = []rooms.Info{info}
		}
	case askMembers:
		a.Names, a.More, a.Found = b.hub.Members(q.Room, q.After, q.Limit)
	case askKick:
		a.Closed = b.hub.Kick(q.Room, q.Name, q.Code, q.Reason)
	case askStatus:
		if b.cfg.Status != nil {
			a.Status = b.cfg.Status()
		}
	}
	return a
}

// onAsk answers another node.
func (b *Bus) onAsk(m *nats.Msg) {
	var q question
	if err := sonic.Unmarshal(m.Data, &q); err != nil {
		b.log.Error("bus", "error", err)
		return
	}
	body, err := sonic.Marshal(b.reply(q))
	if err == nil {
		err = m.Respond(body)
	}
	if err != nil {
		b.log.Error("bus", "error", err)
	}
}

// ask asks all nodes, this one among them. ErrBus where the bus is away; all is false where a
// node that is there has not answered in time.
func (b *Bus) ask(ctx context.Context, q question) (answers []answer, all bool, err error) {
	l := b.serving.Load()
	if !b.Up() {
		return nil, false, rooms.ErrBus
	}
	b.mu.Lock()
	missing := map[uint64]bool{}
	for id, n := range b.nodes {
		if n.name != "" && b.now()-n.heard < askFor { // without a name it has left, or is about to come
			missing[id] = true
		}
	}
	b.mu.Unlock()
	missing[b.node] = true
	inbox := nats.NewInbox()
	sub, err := l.conn.SubscribeSync(inbox)
	if err != nil {
		return nil, false, rooms.ErrBus
	}
	defer func() { _ = sub.Unsubscribe() }() // where it fails the connection is gone
	body, err := sonic.Marshal(q)
	if err != nil {
		return nil, false, err
	}
	if err := l.conn.PublishRequest(askSubject, inbox, body); err != nil {
		return nil, false, rooms.ErrBus
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	for len(missing) > 0 {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			break
		}
		var a answer
		if len(m.Data) == 0 || sonic.Unmarshal(m.Data, &a) != nil {
			continue // 503: nobody listens
		}
		delete(missing, a.Node)
		answers = append(answers, a)
	}
	return answers, len(missing) == 0, nil
}
