package rooms

import (
	"time"

	"plenum/rooms/internal/names"
)

// Observer is told when a room gets its first member and when it has lost its last one, and when the first connection of a
// name joins and the last one leaves. See Observers in the package comment.
type Observer interface {
	// Observes reports whether Observe is to be called for the members of the room, and for their names. It is called with
	// locks held, so it must not wait and must not call this package.
	Observes(room string) (members, names bool)
	// Observe is called when members have joined or left. If name is empty, the room has got its first member, or has lost
	// its last one. Otherwise this name has joined or left. now is the current time in Unix milliseconds. Observe is called
	// by one goroutine at a time. It is called with no lock of a room held, but must not call Hub.AnnouncePending. It
	// should not block: that delays further calls.
	Observe(room, name string, joined bool, now int64)
}

// observerGrace is the time for which a room must be without members, or without a name, before the leave is reported to the
// Observer. A client that reconnects meanwhile, also to another node, has not left.
const observerGrace = 3 * time.Second

// observedPrefix begins each name in observed, and each such name in the standings that nodes exchange. So Names can have
// these standings next to the ones for announcements. The prefix alone stands for all members of the room. Names of members
// do not begin with a NUL byte.
const observedPrefix = "\x00"

// observed decides which joins and leaves in a room this node reports to the Observer, and when. Room.mu guards it.
type observed struct {
	names.Node
	due int64 // when reports looks at the room next, in Unix milliseconds; 0 if it does not
}

// withObserved returns the state for the Observer, and creates it if there is none. mu is held.
func (r *Room) withObserved() *observed {
	switch {
	case r.observed != nil:
	case r.presence.nodes.spans():
		r.observed = &observed{Node: r.presence.nodes.node.Fork(observerGrace)}
	default:
		r.observed = &observed{Node: names.Node{Grace: observerGrace}}
	}
	return r.observed
}

// observe notes that m has just joined or left. If at is not nil, the caller calls it as soon as mu is free. mu is held.
func (r *Room) observe(m *Member, joined bool, now int64) (at func()) {
	if r.hub.cfg.Observer == nil || r.gone {
		return nil
	}
	members, names := r.hub.cfg.Observer.Observes(r.name)
	first := members && joined && r.members.count == 1
	last := members && !joined && r.members.count == 0
	named := names && r.isFirstOrLast(m)
	if !first && !last && !named {
		return nil
	}
	o := r.withObserved()
	if first {
		o.Join(observedPrefix, now)
	}
	switch name := observedPrefix + m.sink.Name(); {
	case named && joined:
		o.Join(name, now)
	case named:
		o.Leave(name, now)
	}
	if last {
		o.Leave(observedPrefix, now)
	}
	r.reportSoon()
	if !r.presence.nodes.spans() {
		return nil
	}
	return r.presence.nodes.notify
}

// isFirstOrLast reports whether m, which has joined or left, is the only member of its name at this node. It returns false
// for Listeners and members without a name, and in rooms of more than Config.AnnounceLimit members. mu is held.
func (r *Room) isFirstOrLast(m *Member) bool {
	name := m.sink.Name()
	named := name != "" && name != r.hub.cfg.Anonymous && !listens(m.sink)
	return named && r.total() <= r.hub.cfg.AnnounceLimit && !r.members.has(name, m)
}

// reportSoon makes reports look at the room when its Node has something to decide. mu is held.
func (r *Room) reportSoon() {
	o := r.observed
	if due, any := o.Due(); any && (o.due == 0 || due < o.due) {
		o.due = due
		r.hub.reports.add(r, due)
	}
}

// report reports to the Observer the joins and leaves that this node must report now. If settled is true, it waits neither
// for other nodes nor for members that may come back. If the room has no members then, report removes it, unless something
// else keeps it. mu is not held.
func (r *Room) report(now int64, settled bool) {
	for n, ok := r.nextReport(now, settled); ok; n, ok = r.nextReport(now, settled) {
		r.hub.cfg.Observer.Observe(r.name, n.Name[len(observedPrefix):], n.Joined(), now)
		r.mu.Lock()
		r.observed.Announced(n)
		r.mu.Unlock()
		r.presence.nodes.notify()
	}
	if r.endReports(now, settled) {
		r.shard.removeEmpty(r)
	}
}

// endReports decides when reports looks at the room next. It returns whether the room has no members. mu is not held.
func (r *Room) endReports(now int64, settled bool) (empty bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.observed
	if o != nil && (settled || o.due <= now) {
		o.due = 0
		r.reportSoon()
	}
	if o != nil && o.IsEmpty() {
		r.observed = nil
	}
	return r.members.count == 0
}

// nextReport returns the next entry that must be reported to the Observer now; ok is false if there is none. mu is not held.
func (r *Room) nextReport(now int64, settled bool) (n names.Entry, ok bool) {
	r.mu.Lock()
	if r.observed == nil {
		r.mu.Unlock()
		return n, false
	}
	if r.gone { // its members reconnect to the next epoch
		r.observed.Drop()
	}
	n, changed, ok := r.observed.Next(now, settled)
	r.mu.Unlock()
	if changed {
		r.presence.nodes.notify()
	}
	return n, ok
}

// isLeft reports whether a leave may still have to be reported to the Observer. mu is held.
func (r *Room) isLeft() bool { return r.observed != nil && r.observed.HasLeaving() }

// addObserved adds the standings of this node that concern the Observer to all, which may be nil. mu is held.
func (r *Room) addObserved(all Names) Names {
	if r.hub.cfg.Observer == nil {
		return all
	}
	members, names := r.hub.cfg.Observer.Observes(r.name)
	if all == nil && (members || names || r.observed != nil) {
		all = Names{}
	}
	if members && r.members.count > 0 {
		all[observedPrefix] = Owner
	}
	if names && r.total() <= r.hub.cfg.AnnounceLimit {
		r.addNames(all, observedPrefix)
	}
	if r.observed != nil {
		r.observed.AddTo(all)
	}
	return all
}

// addNames adds this node as the Owner of the names of its members. mu is held.
func (r *Room) addNames(all Names, prefix string) {
	for _, s := range r.members.segments {
		for _, m := range s.members {
			if name := m.sink.Name(); name != r.hub.cfg.Anonymous && !listens(m.sink) {
				all[prefix+name] = Owner
			}
		}
	}
}

// setObservedOthers sets the standings of the other nodes. It returns whether this has changed the standings of this node. mu
// is held.
func (r *Room) setObservedOthers(others map[uint64]Names, now int64) (changed bool) {
	if r.observed == nil {
		return false
	}
	changed = r.observed.SetOthers(others, now)
	r.reportSoon()
	return changed
}

// both returns a function that calls first and second, either of which may be nil.
func both(first, second func()) func() {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func() { first(); second() }
}
