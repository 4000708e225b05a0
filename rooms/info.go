package rooms

import (
	"cmp"
	"slices"
)

// Info describes a room.
type Info struct {
	Room    string
	Members int    // number of members on all nodes, as far as this node knows
	Here    int    // number of members on this node
	Seq     uint64 // number of the last message
	Epoch   string // changes when the room ends and starts again
}

// Room returns the description of one room. It returns false if the room does not exist at this node.
func (h *Hub) Room(name string) (Info, bool) {
	r := h.rooms.find(name)
	if r == nil {
		return Info{}, false
	}
	return r.info(), true
}

// Rooms returns up to limit rooms whose names come after the given one, sorted by name, and whether
// there are more. Its cost depends on limit, hardly on the number of rooms. It locks one shard of
// the registry at a time, so the result is no snapshot.
func (h *Hub) Rooms(after string, limit int) (infos []Info, more bool) {
	first := page[*Room]{limit: limit, after: after, name: (*Room).Name}
	h.rooms.fill(&first)
	rooms, more := first.get()
	for _, r := range rooms {
		infos = append(infos, r.info())
	}
	return infos, more
}

// Members returns a page of up to limit names of the room's members that come after the given one, with their infos.
// Listeners are not listed. Members looks at all members of the room, because no list of names is kept. It locks the room
// for one segment at a time, so the page is no snapshot.
func (h *Hub) Members(room, after string, limit int) MemberPage {
	r := h.rooms.find(room)
	if r == nil {
		return MemberPage{}
	}
	type named struct {
		name string
		sink Sink
	}
	first := page[named]{limit: limit, after: after, name: func(m named) string { return m.name }}
	r.members.visit(func(s Sink) {
		if !listens(s) {
			first.add(named{s.Name(), s})
		}
	})
	found, more := first.get()
	p, size := MemberPage{Names: make([]string, 0, len(found)), More: more, Found: true}, 0
	for _, m := range found {
		p.Names = append(p.Names, m.name)
		info := infoOf(m.sink)
		if size += len(m.name) + len(info); size <= maxInfos {
			p.SetInfo(m.name, info)
		}
	}
	return p
}

// Kick closes all members of the room that have the name, Listeners included, with a close code and
// a reason. It returns how many it has closed. Members that were closing already do not count.
func (h *Hub) Kick(room, name string, code int, reason string) (closed int) {
	r := h.rooms.find(room)
	if r == nil {
		return 0
	}
	r.members.visit(func(s Sink) {
		if s.Name() == name && s.Close(code, reason) == nil {
			closed++
		}
	})
	return closed
}

// page collects the first limit values by name, and one more to know whether there are more.
type page[T any] struct {
	limit int
	after string // values with this name or an earlier one are ignored
	name  func(T) string
	found []T // sorted by name; at most limit+1
}

// add adds v, if it is one of the first values so far, and no value on the page has its name. It returns false if v comes
// after a full page. Then all values with later names do so too.
func (p *page[T]) add(v T) bool {
	name, full := p.name(v), len(p.found) > p.limit
	if full && name > p.name(p.found[p.limit]) {
		return false
	}
	at, known := slices.BinarySearchFunc(p.found, name, func(v T, name string) int { return cmp.Compare(p.name(v), name) })
	if known || name <= p.after {
		return true
	}
	if full {
		p.found = p.found[:p.limit]
	}
	p.found = slices.Insert(p.found, at, v)
	return true
}

// get returns the page, and whether there are more values after it.
func (p *page[T]) get() (found []T, more bool) {
	return p.found[:min(len(p.found), p.limit)], len(p.found) > p.limit
}
