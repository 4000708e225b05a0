package natsbus

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"plenum/rooms"
	"plenum/rooms/natsbus/internal/query"
)

// Directory reads the rooms of a share on all nodes, and the rooms that only the stream has. Share.Attach returns it. Its
// methods may be called from any goroutine. If the bus is away, their errors match rooms.ErrBus. A result is incomplete if a
// node has not answered within a second, or if one of several streams is away.
type Directory struct{ *Share }

// Rooms is Hub.Rooms for all nodes. It includes the rooms that only the stream has. The brokers list their names for each
// page, so the cost of a page grows with the number of rooms that the stream has.
func (d Directory) Rooms(ctx context.Context, after string, limit int) (page rooms.RoomPage, err error) {
	answers, all, err := d.ask(ctx, query.Question{Kind: query.Rooms, After: after, Limit: limit})
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
	stored, complete, err := d.storedRooms(ctx)
	if err != nil {
		return page, err
	}
	page.Incomplete = page.Incomplete || !complete
	for _, room := range stored {
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
	infos, complete = d.fillIn(ctx, infos)
	page.Rooms, page.Incomplete = infos, page.Incomplete || !complete
	return page, nil
}

// fillIn reads the last batches of the rooms that no node has reported, and returns all rooms that are
// not older than the history. complete is false if the stream has not answered for a room.
func (d Directory) fillIn(ctx context.Context, infos []rooms.Info) (found []rooms.Info, complete bool) {
	var reading sync.WaitGroup
	var failed atomic.Bool
	for i := range infos {
		if infos[i].Epoch != "" {
			continue
		}
		reading.Go(func() {
			h, ok, err := d.lastBatch(ctx, infos[i].Room)
			if ok {
				infos[i].Seq, infos[i].Epoch = h.last(), h.epoch.String()
			}
			if err != nil {
				failed.Store(true)
			}
		})
	}
	reading.Wait()
	return slices.DeleteFunc(infos, func(i rooms.Info) bool { return i.Epoch == "" }), !failed.Load()
}

// Room is Hub.Room for all nodes. A room that is open at this node is found even if the bus is away. The error matches
// rooms.ErrBus if no node has reported the room and a node has not answered, because that node may have its members.
func (d Directory) Room(ctx context.Context, room string) (info rooms.Info, found bool, err error) {
	if d.bus.serving.Load() == nil {
		return info, false, rooms.ErrBus
	}
	if info, found = d.hub.Room(room); found {
		return info, true, nil
	}
	answers, all, err := d.ask(ctx, query.Question{Kind: query.Room, Room: room})
	if err != nil {
		return rooms.Info{}, false, err
	}
	for _, a := range answers {
		for _, i := range a.Rooms {
			info = merge(info, i)
		}
	}
	if info.Epoch == "" && !all {
		return rooms.Info{}, false, fmt.Errorf("natsbus: a node has not answered: %w", rooms.ErrBus)
	}
	if info.Epoch == "" {
		h, ok, err := d.lastBatch(ctx, room)
		return rooms.Info{Room: room, Seq: h.last(), Epoch: h.epoch.String()}, ok, err
	}
	return info, true, nil
}

// merge adds the members at one node to known, which has the members at other nodes. It keeps the later seq.
func merge(known, node rooms.Info) rooms.Info {
	node.Members = known.Members + node.Here
	if known.Epoch != "" && known.Seq > node.Seq {
		node.Seq, node.Epoch = known.Seq, known.Epoch
	}
	return node
}

// Members is Hub.Members for all nodes.
func (d Directory) Members(ctx context.Context, room, after string, limit int) (page rooms.MemberPage, err error) {
	answers, all, err := d.ask(ctx, query.Question{Kind: query.Members, Room: room, After: after, Limit: limit})
	if err != nil {
		return page, err
	}
	page.Names, page.Incomplete = []string{}, !all
	for _, a := range answers {
		page.Names = append(page.Names, a.Names...)
		for name, info := range a.Infos {
			page.SetInfo(name, info)
		}
		page.More, page.Found = page.More || a.More, page.Found || a.Found
	}
	slices.Sort(page.Names)
	if page.Names = slices.Compact(page.Names); len(page.Names) > limit {
		for _, name := range page.Names[limit:] {
			delete(page.Infos, name)
		}
		page.Names, page.More = page.Names[:limit], true
	}
	if !page.Found {
		_, page.Found, err = d.lastBatch(ctx, room)
	}
	return page, err
}

// Messages is Hub.Messages for all nodes. A room that is open at this node can be read even if the bus is away.
// now is in Unix milliseconds.
func (d Directory) Messages(ctx context.Context, room string, since *rooms.Since, limit int, now int64) (page rooms.MessagePage, found bool, err error) {
	done, stored, err := d.open(ctx, room, since)
	if !stored {
		return page, false, err
	}
	defer done()
	page, found = d.hub.Messages(room, since, limit, now)
	return page, found, nil
}

// Kept is Hub.Kept for all nodes. If the room is not open at this node, it finds the message only if the room's history
// retains it. now is in Unix milliseconds.
func (d Directory) Kept(ctx context.Context, room string, now int64) (kept rooms.Kept, found bool, err error) {
	done, stored, err := d.open(ctx, room, nil)
	if !stored {
		return kept, false, err
	}
	defer done()
	kept, found = d.hub.Kept(room, now)
	return kept, found, nil
}

// open is Hub.Open for a room that exists, at this node or in the stream. stored is false if the room does not exist, and
// with an error.
func (d Directory) open(ctx context.Context, room string, since *rooms.Since) (done func(), stored bool, err error) {
	switch {
	case d.bus.serving.Load() == nil:
		return nil, false, rooms.ErrBus
	case d.hub.IsOpen(room, since):
		return func() {}, true, nil
	case !d.bus.Up():
		return nil, false, rooms.ErrBus
	}
	if _, stored, err := d.lastBatch(ctx, room); !stored {
		return nil, false, err
	}
	if done, err = d.hub.Open(ctx, room, since); err != nil {
		return nil, false, err
	}
	return done, true, nil
}

// Kick is Hub.Kick for all nodes. It returns how many connections were closed. all is false if a node has not
// answered.
func (d Directory) Kick(ctx context.Context, room, name string, code int, reason string) (closed int, all bool, err error) {
	answers, all, err := d.ask(ctx, query.Question{Kind: query.Kick, Room: room, Name: name, Code: code, Reason: reason})
	for _, a := range answers {
		closed += a.Closed
	}
	return closed, all, err
}
