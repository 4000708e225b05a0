package natsbus

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"plenum/rooms"
)

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

// Cursor returns the name behind which the next page begins; "" if there is none.
func (p MemberPage) Cursor() string {
	if !p.More {
		return ""
	}
	return p.Names[len(p.Names)-1]
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
