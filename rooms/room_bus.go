package rooms

// Deliver has the room's members read a batch. What is missing before it they are told of as a
// gap, but for what came before the first batch of all. ErrBacklog: it was not taken, those that
// read fast enough are too far behind. One goroutine at a time calls it.
func (r *Room) Deliver(b Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.overload.backlogFull() {
		return ErrBacklog
	}
	at := r.log.head
	var first *chunk // that is written
	if b.First > r.log.seq+1 {
		first = r.history.skip(b)
	}
	r.history.delivered = true
	seq := r.log.seq
	if first != nil {
		seq-- // the gap's
	}
	n := 0
	for body := range b.Bodies {
		c, _ := r.history.append(body, b.Published)
		if first == nil {
			first = c
		}
		n++
	}
	if first != nil {
		r.hub.counters[Published].Add(int64(n))
		r.history.lastUsed = max(r.history.lastUsed, b.Published)
		r.history.appended()
		r.members.wake(first, at, seq, 0, false)
	}
	return nil
}

// End has everybody in the room come back to its next life: it is closed with code and a
// reason of its own. What is delivered after it nobody reads.
func (r *Room) End(code int, reason func() string) {
	r.shard.mu.Lock()
	r.mu.Lock()
	if !r.gone {
		r.gone = true
		delete(r.shard.rooms, r.name)
	}
	r.mu.Unlock()
	r.shard.mu.Unlock()
	r.members.visit(func(s Sink) { _ = s.Close(code, reason()) })
}

// Name is the room's name.
func (r *Room) Name() string { return r.name }

// Exchange tells the room how many members it has on other nodes, and whether it is this node's
// to tell of those that come and go. It returns how many are here; and where it is not this
// node's, how many have come and gone since it was called last.
func (r *Room) ExchangeCounts(remote int, announces bool) (here, joined, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.presence
	p.remote, p.delegated = remote, !announces
	if p.delegated {
		joined, left = p.digest.joined, p.digest.left
		p.digest = changes{}
	}
	return r.members.count, joined, left
}

// Heard is those that have come and gone on other nodes, and that are this node's to tell of.
func (r *Room) AddRemoteChanges(joined, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.count(changes{joined, left})
}

// Span tells the room which node this is, and has changed be called, with no lock held, when Names
// has changed. It comes before anybody joins.
func (r *Room) SetNode(self uint64, changed func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.nodes.node.Self, r.presence.nodes.changed = self, changed
}

// Names is what other nodes are to know of the names of the members here; nil if the room has more
// members than are announced by name. It is the caller's.
func (r *Room) Names() Names {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.presence.nodes.standings()
}

// Know tells the room the names at the other nodes that are there, and returns whether Names has
// changed by it.
func (r *Room) SetRemoteNames(others map[uint64]Names, now int64) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.presence.nodes.setOthers(others, now)
}
