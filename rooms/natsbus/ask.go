package natsbus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

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

// RoomPage is a page of rooms, by name.
type RoomPage struct {
	Rooms      []rooms.Info
	More       bool   // there are others behind it
	Next       string // the name that they are behind
	Incomplete bool   // a node has not answered, or the stream
}

// Rooms is Hub.Rooms for all nodes, with the rooms of which something is kept.
func (b *Bus) Rooms(ctx context.Context, after string, limit int) (page RoomPage, err error) {
	answers, all, err := b.ask(ctx, question{Kind: askRooms, After: after, Limit: limit})
	if err != nil {
		return page, err
	}
	page.Incomplete = !all
	found := map[string]rooms.Info{}
	for _, a := range answers {
		for _, info := range a.Rooms {
			found[info.Room] = merge(found[info.Room], info)
		}
		page.More = page.More || a.More
	}
	kept, err := b.kept(ctx)
	if err != nil {
		return page, err
	}
	for _, room := range kept {
		if _, known := found[room]; !known && room > after {
			found[room] = rooms.Info{Room: room}
		}
	}
	infos := slices.SortedFunc(maps.Values(found), func(x, y rooms.Info) int { return cmp.Compare(x.Room, y.Room) })
	if len(infos) > limit {
		infos, page.More = infos[:limit], true
	}
	if len(infos) > 0 {
		page.Next = infos[len(infos)-1].Room
	}
	page.fill(ctx, b, infos)
	return page, nil
}

// fill adds the rooms, of which it looks up in the stream what nobody has told of, but those
// that are too old.
func (p *RoomPage) fill(ctx context.Context, b *Bus, infos []rooms.Info) {
	var looking sync.WaitGroup
	var failed atomic.Bool
	for i := range infos {
		if infos[i].Epoch != "" {
			continue
		}
		looking.Go(func() {
			h, ok, err := b.lookUp(ctx, infos[i].Room)
			if ok {
				infos[i].Seq, infos[i].Epoch = h.last(), h.epoch.String()
			}
			if err != nil {
				failed.Store(true)
			}
		})
	}
	looking.Wait()
	p.Incomplete = p.Incomplete || failed.Load()
	p.Rooms = slices.DeleteFunc(infos, func(i rooms.Info) bool { return i.Epoch == "" })
}

// kept is the rooms of which the stream has something.
func (b *Bus) kept(ctx context.Context) (names []string, err error) {
	js, err := jetstream.New(b.serving.Load().conn)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, streamName)
	if err != nil {
		return nil, errors.Join(rooms.ErrBus, err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(inPrefix+"*"))
	if err != nil {
		return nil, errors.Join(rooms.ErrBus, err)
	}
	for subject := range info.State.Subjects {
		if name, ok := roomOf(strings.TrimPrefix(subject, inPrefix)); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// lookUp is a room's last batch in the stream; false where there is none that is not too old.
func (b *Bus) lookUp(ctx context.Context, room string) (h head, ok bool, err error) {
	body, err := sonic.Marshal(readRequest{LastFor: inPrefix + token(room)})
	if err != nil {
		return head{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	m, err := b.serving.Load().conn.RequestWithContext(ctx, directGet, body)
	if err != nil {
		return head{}, false, errors.Join(rooms.ErrBus, err)
	}
	switch m.Header.Get("Status") {
	case "":
	case "404":
		return head{}, false, nil
	default: // there is no stream just now
		return head{}, false, rooms.ErrBus
	}
	_, h, _, err = stored(m)
	if err != nil || time.Since(time.UnixMilli(h.born)) > time.Duration(b.cfg.History.Age)*time.Second {
		return head{}, false, err
	}
	return h, true, nil
}

// Room is Hub.Room for all nodes.
func (b *Bus) Room(ctx context.Context, room string) (info rooms.Info, found bool, err error) {
	if b.serving.Load() == nil {
		return info, false, rooms.ErrBus
	}
	if info, found = b.hub.Room(room); found {
		return info, true, nil
	}
	answers, _, err := b.ask(ctx, question{Kind: askRoom, Room: room})
	if err != nil {
		return rooms.Info{}, false, err
	}
	for _, a := range answers {
		for _, i := range a.Rooms {
			info = merge(info, i)
		}
	}
	if info.Epoch == "" {
		h, ok, err := b.lookUp(ctx, room)
		return rooms.Info{Room: room, Seq: h.last(), Epoch: h.epoch.String()}, ok, err
	}
	return info, true, nil
}

// merge adds the members that a node has to what is known of a room.
func merge(known, node rooms.Info) rooms.Info {
	node.Members = known.Members + node.Here
	if known.Epoch != "" && known.Seq > node.Seq {
		node.Seq, node.Epoch = known.Seq, known.Epoch
	}
	return node
}

// MemberPage is a page of a room's members, by name, each once.
type MemberPage struct {
	Names      []string
	More       bool // there are others behind it
	Found      bool // there is such a room
	Incomplete bool // a node has not answered
}

// Members is Hub.Members for all nodes.
func (b *Bus) Members(ctx context.Context, room, after string, limit int) (page MemberPage, err error) {
	answers, all, err := b.ask(ctx, question{Kind: askMembers, Room: room, After: after, Limit: limit})
	if err != nil {
		return page, err
	}
	page.Names, page.Incomplete = []string{}, !all
	for _, a := range answers {
		page.Names = append(page.Names, a.Names...)
		page.More, page.Found = page.More || a.More, page.Found || a.Found
	}
	slices.Sort(page.Names)
	if page.Names = slices.Compact(page.Names); len(page.Names) > limit {
		page.Names, page.More = page.Names[:limit], true
	}
	if !page.Found {
		_, page.Found, err = b.lookUp(ctx, room)
	}
	return page, err
}

// Messages is Hub.Messages for a room of any node.
func (b *Bus) Messages(ctx context.Context, room string, since *rooms.Since, limit int, now int64) (page rooms.Recalled, found bool, err error) {
	if b.serving.Load() == nil {
		return page, false, rooms.ErrBus
	}
	if !b.hub.IsOpen(room, since) {
		if !b.Up() {
			return page, false, rooms.ErrBus
		}
		if _, kept, err := b.lookUp(ctx, room); !kept {
			return page, false, err
		}
		done, err := b.hub.Open(ctx, room, since)
		if err != nil {
			return page, false, err
		}
		defer done()
	}
	page, found = b.hub.Messages(room, since, limit, now)
	return page, found, nil
}

// Kick is Hub.Kick for all nodes; all is false where a node has not answered.
func (b *Bus) Kick(ctx context.Context, room, name string, code int, reason string) (closed int, all bool, err error) {
	answers, all, err := b.ask(ctx, question{Kind: askKick, Room: room, Name: name, Code: code, Reason: reason})
	for _, a := range answers {
		closed += a.Closed
	}
	return closed, all, err
}

// Node is what a node tells of itself.
type Node struct {
	ID, Name string
	This     bool            // it is the one that was asked
	Status   json.RawMessage // of Config.Status; nil: it has not answered
}

// Nodes is all nodes, by name: those that are there, and for an hour those that went without
// a word, unless another of their name is there.
func (b *Bus) Nodes(ctx context.Context) []Node {
	answers, _, _ := b.ask(ctx, question{Kind: askStatus}) // where the bus is away there are none
	told := map[uint64]answer{b.node: {}}
	if b.serving.Load() != nil { // it has its name
		told[b.node] = b.reply(question{Kind: askStatus})
	}
	for _, a := range answers {
		told[a.Node] = a
	}
	b.silent(told)
	var nodes []Node
	for id, a := range told {
		nodes = append(nodes, Node{ID: nodeName(id), Name: a.Name, This: id == b.node, Status: a.Status})
	}
	slices.SortFunc(nodes, func(x, y Node) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
	return nodes
}

// silent adds the nodes that have told nothing: those that are there, and of the others the last of
// each name.
func (b *Bus) silent(told map[uint64]answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.alive(b.now()) {
		if _, has := told[id]; !has && b.nodes[id].name != "" {
			told[id] = answer{Name: b.nodes[id].name}
		}
	}
	here := map[string]bool{}
	for _, a := range told {
		here[a.Name] = true
	}
	last := map[string]uint64{}
	for id, n := range b.nodes {
		before, has := last[n.name]
		if n.name != "" && !here[n.name] && (!has || n.heard > b.nodes[before].heard) {
			last[n.name] = id
		}
	}
	for name, id := range last {
		told[id] = answer{Name: name}
	}
}
