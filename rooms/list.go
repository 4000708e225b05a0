package rooms

import (
	"cmp"
	"slices"
)

// Info is what a room looks like from outside.
type Info struct {
	Room    string
	Members int
	Seq     uint64 // of the last message
	Epoch   string // changes when the room ends and begins again
}

// Room tells of one room; false where nobody is.
func (h *Hub) Room(name string) (Info, bool) {
	sh := h.shard(name)
	sh.mu.Lock()
	r := sh.rooms[name]
	sh.mu.Unlock()
	if r == nil {
		return Info{}, false
	}
	return r.info(), true
}

func (r *Room) info() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Info{Room: r.name, Members: r.members, Seq: r.seq, Epoch: r.epochName()}
}

// Rooms tells of up to limit rooms whose names come after the given one, in
// their order, and whether there are more. It holds one shard at a time.
func (h *Hub) Rooms(after string, limit int) (page []Info, more bool) {
	byName := func(a, b *Room) int { return cmp.Compare(a.name, b.name) }
	var first []*Room // the first limit+1 names found, and at most as many again
	cut := func() {
		slices.SortFunc(first, byName)
		first = first[:min(len(first), limit+1)]
	}
	for i := range h.shards {
		sh := &h.shards[i]
		sh.mu.Lock()
		for _, r := range sh.rooms {
			if r.name <= after {
				continue
			}
			if first = append(first, r); len(first) > 2*(limit+1) {
				cut()
			}
		}
		sh.mu.Unlock()
	}
	cut()
	for _, r := range first[:min(len(first), limit)] {
		page = append(page, r.info())
	}
	return page, len(first) > limit
}
