package rooms

import "runtime"

// Span tells the room which node this is, and has changed be called, with no lock held, when Names
// has changed. It comes before anybody joins.
func (r *Room) Span(self uint64, changed func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.names.self, r.presence.changed = self, changed
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
	for _, n := range r.presence.names.own {
		all[n.name] = n.is
	}
	return all
}

// Know tells the room the names at the other nodes that are there, and returns whether Names has
// changed by it.
func (r *Room) Know(others map[uint64]Names, now int64) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.presence.names
	changed = k.know(others, now)
	if changed || k.waits() {
		r.queueNames()
	}
	return changed
}

// spread has the nodes agree on who tells the room of n. mu is held; at is as announce's.
func (r *Room) spread(n notice, now int64) (at func()) {
	p := &r.presence
	if n.joined {
		p.names.join(n.name, now)
		if p.names.awaits(n.name) {
			n.member.marks |= unannounced
		}
	} else {
		p.names.leave(n.name, now)
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
	if r.presence.names.waits() {
		r.queueNames()
	}
	empty := r.members == 0
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
}

func (r *Room) nextName(now int64, settled bool) (n ownName, ok bool) {
	r.mu.Lock()
	k, changed := r.presence.names, false
	switch total := r.total(); {
	case total == 0 || r.gone: // there is nobody to tell, or nobody is to stay
		_ = k.drop()
	case total > r.hub.cfg.AnnounceLimit:
		r.note(k.drop())
	default:
		n, changed, ok = k.next(now, settled)
	}
	r.mu.Unlock()
	if changed {
		r.namesChanged()
	}
	return n, ok
}

// tellName tells n, which next or introduce has returned.
func (r *Room) tellName(n ownName, now int64) {
	r.tell(notice{name: n.name, joined: n.is == Fresh}, now)
	r.mu.Lock()
	r.presence.names.told(n)
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
	n, tell, wait := r.presence.names.introduce(name)
	for wait { // as long as a publish takes
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
		n, tell, wait = r.presence.names.introduce(name)
	}
	m.marks &^= unannounced
	r.mu.Unlock()
	if tell {
		r.tellName(n, now)
	}
}
