package rooms

// Deliver appends a batch to the log. If messages are missing before the batch, a gap message about
// them is appended first, in the form of Config.Gap. Before the first batch of the room at this node,
// no message is missing. If the backlog is full, Deliver appends nothing and returns ErrBacklog, and the
// bus must deliver the batch again later. Deliver does not wait for the members. It is called by one
// goroutine at a time per room.
func (r *Room) Deliver(b Batch) error {
	w, err := r.deliver(b, false)
	r.hub.push(w, nil)
	return err
}

// DeliverInline is Deliver, but the caller itself may write the batch to the members of a small room. It must call Run of the
// result once, with no lock held. That saves waking a worker. DeliverInline is for a batch after which no other one waits.
func (r *Room) DeliverInline(b Batch) (InlineFlush, error) {
	w, err := r.deliver(b, true)
	r.hub.push(w, nil)
	return InlineFlush{w.small}, err
}

// InlineFlush is a flush that the caller of DeliverInline has to run. It may have nothing to write.
type InlineFlush struct{ segment *segment }

// Run writes to the members. It does not wait for them. It is called once.
func (f InlineFlush) Run() {
	if f.segment != nil {
		f.segment.room.hub.flushInline(f.segment, nil)
	}
}

// deliver does the work of Deliver and DeliverInline, except for what the caller must do with the result.
func (r *Room) deliver(b Batch, mayFlush bool) (w woken, err error) {
	var few [4]excludedMessage
	excluded := r.excludedOf(few[:0], b)
	defer r.hub.memory.giveBack()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.overload.backlogFull() {
		return w, ErrBacklog
	}
	at := r.log.head
	var first *chunk // the first chunk with new frames
	if b.First > r.log.seq+1 {
		first = r.history.skip(b)
	}
	r.history.delivered = true
	seq := r.log.seq
	if first != nil {
		seq-- // the gap has the number before the batch
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
		mode := queues
		if mayFlush && r.isDueInline(b.Published) {
			mode = inline
		}
		w = r.wake(first, at, seq, 0, mode)
		if w.small != nil {
			r.lastInline = uint16(b.Published)
		}
		for _, e := range excluded {
			r.exclude(e.member, first, r.log.seq+1-uint64(n-e.index))
		}
	}
	return w, nil
}

// End ends the room, because its epoch has ended on the bus. It closes all members with a close code and
// a reason, so that they reconnect to the next epoch. reason is called per member. Clients receive no
// messages that are delivered later, because their connections are closing.
func (r *Room) End(code int, reason func() string) {
	r.shard.mu.Lock()
	r.mu.Lock()
	if !r.gone {
		r.gone = true
		r.shard.delete(r)
	}
	r.mu.Unlock()
	r.shard.mu.Unlock()
	r.members.visit(func(s Sink) { _ = s.Close(code, reason()) })
}

// Name returns the room's name.
func (r *Room) Name() string { return r.name }

// ListsUsers reports whether joins and leaves are announced ByName. Then members may keep a list of the users, which begins
// with that of Hub.Users. So the standings of the other nodes must be set before the first member joins.
func (r *Room) ListsUsers() bool { return r.presence.announcing == ByName }

// ExchangeCounts sets the number of members on other nodes, and whether this node's digests
// announce the joins and leaves of all nodes. It returns the number of members here. If this node
// does not announce, it also returns the joins and leaves here since the last call. The caller passes
// these to AddRemoteChanges on the node that announces.
func (r *Room) ExchangeCounts(remote int, announces bool) (here, joined, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.presence
	p.remote, p.delegated = remote, !announces
	if p.delegated {
		joined, left = p.digest.joined, p.digest.left
		p.digest = changes{}
	}
	return int(r.members.count), joined, left
}

// AddRemoteChanges adds joins and leaves on other nodes to this node's next digest.
func (r *Room) AddRemoteChanges(joined, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.count(changes{joined, left})
}

// SetNode sets the number of this node. The room calls changed, with no lock held, when the result
// of Names has changed. SetNode is called before any member joins.
func (r *Room) SetNode(self uint64, changed func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence.nodes.node.Self, r.presence.nodes.node.changed = self, changed
}

// Names returns the standings of this node to the names of the room, for the other nodes, and the infos of
// the names, see Hub.Users. It returns nil if no name of the room is announced, because the room is too
// large or by its Announcing, and the Observer does not observe the room. The caller owns the result.
func (r *Room) Names() Names {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addObserved(r.presence.nodes.standings())
}

// SetRemoteNames sets the standings of the other nodes, by node number. The room keeps others and
// only reads it. now is the current time in Unix milliseconds. SetRemoteNames returns whether this has
// changed the result of Names.
func (r *Room) SetRemoteNames(others map[uint64]Names, now int64) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed = r.presence.nodes.setOthers(others, now)
	return r.setObservedOthers(others, now) || changed
}
