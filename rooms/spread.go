package rooms

import (
	"runtime"

	"plenum/rooms/internal/names"
)

// Standing is how a node stands to a name that members of a room have.
type Standing = names.Standing

// Standings. Of the nodes with members of a name one is to be Told, and it alone says that the name has
// left.
const (
	Told    = names.Told    // the room was told of the name; this node says when it has left
	Fresh   = names.Fresh   // members here have the name, and the room is yet to be told
	Covered = names.Covered // members here have the name, and another node is Told
	Leaving = names.Leaving // it was Told, and no member here has the name any more
)

// Names is how one node stands to the names of a room.
type Names = names.Standings

// Span tells the room which node this is, and has changed be called, with no lock held, when Names
// has changed. It comes before anybody joins.
func (r *Room) Span(self uint64, changed func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.names.Self, r.presence.changed = self, changed
}

// Names is what other nodes are to know of the names of the members here; nil if the room has more
// members than are announced by name. It is the caller's.
func (r *Room) Names() Names {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.total() > r.hub.cfg.AnnounceLimit {
		return nil
	}
	all := Names{}
	for _, s := range r.segments {
		for _, m := range s.members {
			if name := m.sink.Name(); name != r.hub.cfg.Anonymous && !listens(m.sink) {
				all[name] = Told
			}
		}
	}
	r.presence.names.AddTo(all)
	return all
}

// Know tells the room the names at the other nodes that are there, and returns whether Names has
// changed by it.
func (r *Room) Know(others map[uint64]Names, now int64) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.presence.names
	changed = k.Know(others, now)
	if changed || k.Waits() {
		r.queueNames()
	}
	return changed
}

// spread has the nodes agree on who tells the room of n. mu is held; at is as announce's.
func (r *Room) spread(n notice, now int64) (at func()) {
	p := &r.presence
	if n.joined {
		p.names.Join(n.name, now)
		if p.names.Awaits(n.name) {
			n.member.marks |= unannounced
		}
	} else {
		p.names.Leave(n.name, now)
	}
	r.queueNames()
	return p.changed
}

// queueNames has tellNames be called within a tenth of a second. mu is held.
func (r *Room) queueNames() {
	if r.presence.pending {
		return
	}
	r.presence.pending = true
	d := &r.hub.digests
	d.add(&d.names, r)
}

// tellNames tells what is this node's to tell of names. If settled, it waits for no other node.
func (r *Room) tellNames(now int64, settled bool) {
	if r.presence.names == nil {
		return
	}
	for n, ok := r.nextName(now, settled); ok; n, ok = r.nextName(now, settled) {
		r.tellName(n, now)
	}
	r.mu.Lock()
	r.presence.pending = false
	if r.presence.names.Waits() {
		r.queueNames()
	}
	empty := r.members == 0
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
}

func (r *Room) nextName(now int64, settled bool) (n names.Own, ok bool) {
	r.mu.Lock()
	k, changed := r.presence.names, false
	switch total := r.total(); {
	case total == 0 || r.gone: // there is nobody to tell, or nobody is to stay
		k.Drop()
	case total > r.hub.cfg.AnnounceLimit:
		joined, left := k.Drop()
		r.note(comings{joined, left})
	default:
		n, changed, ok = k.Next(now, settled)
	}
	r.mu.Unlock()
	if changed {
		r.namesChanged()
	}
	return n, ok
}

// tellName tells n, which next or introduce has returned.
func (r *Room) tellName(n names.Own, now int64) {
	r.tell(notice{name: n.Name, joined: n.Joined()}, now)
	r.mu.Lock()
	r.presence.names.Told(n)
	r.mu.Unlock()
	r.namesChanged()
}

func (r *Room) namesChanged() {
	if r.presence.changed != nil {
		r.presence.changed()
	}
}

// introduceName is introduce in a room that spans nodes, for a name of its own.
func (r *Room) introduceName(m *Member, now int64) {
	name := m.sink.Name()
	r.mu.Lock()
	n, tell, wait := r.presence.names.Introduce(name)
	for wait { // as long as a publish takes
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
		n, tell, wait = r.presence.names.Introduce(name)
	}
	m.marks &^= unannounced
	r.mu.Unlock()
	if tell {
		r.tellName(n, now)
	}
}
