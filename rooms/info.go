package rooms

import (
	"cmp"
	"slices"
)

// Info is what a room looks like from outside.
type Info struct {
	Room    string
	Members int    // on all nodes, as far as is known here
	Here    int    // of them, on this one
	Seq     uint64 // of the last message
	Epoch   string // changes when the room ends and begins again
}

// Room tells of one room; false where nobody is and nothing is kept.
func (h *Hub) Room(name string) (Info, bool) {
	r := h.rooms.find(name)
	if r == nil {
		return Info{}, false
	}
	return r.info(), true
}

// Rooms tells of up to limit rooms whose names come after the given one, in
// their order, and whether there are more. It holds one shard at a time.
func (h *Hub) Rooms(after string, limit int) (infos []Info, more bool) {
	first := page[*Room]{limit: limit, after: after, name: func(r *Room) string { return r.name }}
	h.rooms.each(first.add)
	rooms, more := first.get()
	for _, r := range rooms {
		infos = append(infos, r.info())
	}
	return infos, more
}

// Members tells of up to limit names of the room's members that come after the given
// one, in their order and each once, and whether there are more; found is false
// where the room is not. It looks at a segment at a time.
func (h *Hub) Members(room, after string, limit int) (names []string, more, found bool) {
	r := h.rooms.find(room)
	if r == nil {
		return nil, false, false
	}
	first := page[string]{limit: limit, after: after, name: func(name string) string { return name }, found: []string{}}
	r.members.visit(func(s Sink) {
		if !listens(s) {
			first.add(s.Name())
		}
	})
	names, more = first.get()
	return names, more, true
}

// Kick closes those of the room's members that have the name with code and reason, and
// returns how many those are.
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

// page is the first limit of what is added, by name, and one more.
type page[T any] struct {
	limit int
	after string // only what comes behind it counts
	name  func(T) string
	found []T // at most twice as many
}

func (p *page[T]) add(v T) {
	if p.name(v) <= p.after {
		return
	}
	if p.found = append(p.found, v); len(p.found) > 2*(p.limit+1) {
		p.cut()
	}
}

func (p *page[T]) cut() {
	slices.SortFunc(p.found, func(a, b T) int { return cmp.Compare(p.name(a), p.name(b)) })
	p.found = slices.CompactFunc(p.found, func(a, b T) bool { return p.name(a) == p.name(b) })
	p.found = p.found[:min(len(p.found), p.limit+1)]
}

// get returns the page, and whether there is more behind it.
func (p *page[T]) get() (found []T, more bool) {
	p.cut()
	return p.found[:min(len(p.found), p.limit)], len(p.found) > p.limit
}
