package rooms

import (
	"hash/maphash"
	"sync"

	"plenum/rooms/internal/sorted"
)

const shards = 256

// registry holds the rooms of a Hub by name.
type registry struct {
	// Set at creation.
	hub    *Hub
	seed   maphash.Seed
	shards [shards]shard

	following sync.WaitGroup // counts goroutines of follow
}

// shard holds the rooms of one part of the names.
type shard struct {
	mu      sync.Mutex
	rooms   map[string]*Room
	byName  sorted.Set[*Room]       // the same rooms
	pending map[string]*pendingRoom // rooms that are being opened on the Bus
}

func (g *registry) init(h *Hub) {
	g.hub, g.seed = h, maphash.MakeSeed()
	for i := range g.shards {
		g.shards[i] = shard{rooms: map[string]*Room{}, byName: sorted.New((*Room).Name), pending: map[string]*pendingRoom{}}
	}
}

func (g *registry) shard(room string) *shard {
	return &g.shards[maphash.String(g.seed, room)%shards]
}

// find returns the room, or nil if there is none.
func (g *registry) find(room string) *Room {
	sh := g.shard(room)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.rooms[room]
}

// findOrNew returns the room, or a new one. If the hub keeps history, it adds the new room to the
// registry.
func (g *registry) findOrNew(room string) *Room {
	sh := g.shard(room)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r := sh.rooms[room]
	if r == nil {
		r = newRoom(g.hub, sh, room)
		if !g.hub.cfg.History.none() {
			sh.add(r)
		}
	}
	return r
}

// add adds r. No room in the registry has its name. mu is held.
func (sh *shard) add(r *Room) {
	sh.rooms[r.name] = r
	sh.byName.Insert(r)
}

// delete removes r, which is in the registry. mu is held.
func (sh *shard) delete(r *Room) {
	delete(sh.rooms, r.name)
	sh.byName.Delete(r.name)
}

// each calls f with every room, with no lock held. It locks one shard at a time, so the rooms are no
// snapshot.
func (g *registry) each(f func(r *Room)) {
	var found []*Room
	for i := range g.shards {
		sh := &g.shards[i]
		sh.mu.Lock()
		found = sh.byName.AppendTo(found[:0])
		sh.mu.Unlock()
		for _, r := range found {
			f(r)
		}
	}
}

// fill adds rooms to p. It locks one shard at a time, so the page is no snapshot.
func (g *registry) fill(p *page[*Room]) {
	for i := range g.shards {
		g.shards[i].fill(p)
	}
}

// fill adds the shard's rooms to p, as far as they belong on the page.
func (sh *shard) fill(p *page[*Room]) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for r := range sh.byName.After(p.after) {
		if !p.add(r) {
			return
		}
	}
}

// removeEmpty calls remove. If that has removed r, removeEmpty stops following r on the Bus. No lock is
// held.
func (sh *shard) removeEmpty(r *Room) {
	removed := sh.remove(r)
	r.hub.memory.giveBack()
	if removed && r.unfollow != nil {
		r.unfollow()
	}
}

// remove removes r from the registry and frees its log. It does nothing and returns false if r still has
// members, openers, leaves to announce or to report to the Observer or, without a Bus, retained messages
// or a kept one. If r is gone already and has no members and openers, remove frees its log, and returns
// false.
func (sh *shard) remove(r *Room) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.unfollow == nil && (r.log.first != nil || r.kept() != nil) && !r.hub.cfg.History.none()
	if r.members.count > 0 || r.openers > 0 || kept || !r.gone && (r.presence.nodes.hasLeaving() || r.isLeft()) {
		return false
	}
	first := !r.gone // otherwise its epoch had ended before its last member left
	if first {
		r.gone = true
		sh.delete(r)
	}
	r.history.forget()
	r.history.count()
	return first
}
