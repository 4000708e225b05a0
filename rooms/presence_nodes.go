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
	Owner   = names.Owner   // the room was told of the name; this node says when it has left
	Joining = names.Joining // members here have the name, and the room is yet to be told
	Covered = names.Covered // members here have the name, and another node is Told
	Leaving = names.Leaving // it was Told, and no member here has the name any more
)

// Names is how one node stands to the names of a room.
type Names = names.Standings

// nodeNames is what the nodes of a room have told one another of its names.
type nodeNames struct {
	room *Room // set at creation

	// Set before anybody joins.
	node    *names.Node // nil: the room does not span nodes
	changed func()      // is called, with no lock held, when Room.Names has changed; nil: nobody asks

	// Guarded by Room.mu, as what node points to is.
	queued bool // the room is in Hub.digests for its names
}

// spans tells whether the room spans nodes.
func (k *nodeNames) spans() bool { return k.node != nil }

// leaves tells whether the room is yet to be told that somebody has left, so that it stays when nobody
// is in it at this node. mu is held.
func (k *nodeNames) hasLeaving() bool { return k.node != nil && k.node.HasLeaving() }

// all is Room.Names. mu is held.
func (k *nodeNames) standings() Names {
	r := k.room
	if r.total() > r.hub.cfg.AnnounceLimit {
		return nil
	}
	all := Names{}
	for _, s := range r.members.segments {
		for _, m := range s.members {
			if name := m.sink.Name(); name != r.hub.cfg.Anonymous && !listens(m.sink) {
				all[name] = Owner
			}
		}
	}
	k.node.AddTo(all)
	return all
}

// know is Room.Know. mu is held.
func (k *nodeNames) setOthers(others map[uint64]Names, now int64) (changed bool) {
	changed = k.node.SetOthers(others, now)
	if changed || k.node.HasUndecided() {
		k.queue()
	}
	return changed
}

// note has the nodes agree on who tells the room of n. mu is held; at is as that of notices.announce.
func (k *nodeNames) note(n notice, now int64) (at func()) {
	if n.joined {
		k.node.Join(n.name, now)
		if k.node.IsUnannounced(n.name) {
			n.member.marks |= unannounced
		}
	} else {
		k.node.Leave(n.name, now)
	}
	k.queue()
	return k.changed
}

// queue has tell be called within a tenth of a second. mu is held.
func (k *nodeNames) queue() {
	if k.queued {
		return
	}
	k.queued = true
	d := &k.room.hub.digests
	d.add(&d.names, k.room)
}

// tell tells what is this node's to tell of names. If settled, it waits for no other node.
func (k *nodeNames) announcePending(now int64, settled bool) {
	if !k.spans() {
		return
	}
	for n, ok := k.next(now, settled); ok; n, ok = k.next(now, settled) {
		k.announceEntry(n, now)
	}
	r := k.room
	r.mu.Lock()
	k.queued = false
	if k.node.HasUndecided() {
		k.queue()
	}
	empty := r.members.count == 0
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
}

func (k *nodeNames) next(now int64, settled bool) (n names.Entry, ok bool) {
	r, changed := k.room, false
	r.mu.Lock()
	switch total := r.total(); {
	case total == 0 || r.gone: // there is nobody to tell, or nobody is to stay
		k.node.Drop()
	case total > r.hub.cfg.AnnounceLimit:
		joined, left := k.node.Drop()
		r.presence.count(changes{joined, left})
	default:
		n, changed, ok = k.node.Next(now, settled)
	}
	r.mu.Unlock()
	if changed {
		k.notify()
	}
	return n, ok
}

// tellOne tells n, which next or introduce has returned.
func (k *nodeNames) announceEntry(n names.Entry, now int64) {
	k.room.presence.announce(notice{name: n.Name, joined: n.Joined()}, now)
	k.room.mu.Lock()
	k.node.Announced(n)
	k.room.mu.Unlock()
	k.notify()
}

// notify tells the other nodes that Room.Names has changed.
func (k *nodeNames) notify() {
	if k.changed != nil {
		k.changed()
	}
}

// introduce is presence.introduce in a room that spans nodes, for a name of its own.
func (k *nodeNames) announceFirst(m *Member, now int64) {
	name, r := m.sink.Name(), k.room
	r.mu.Lock()
	n, tell, wait := k.node.AnnounceFirst(name)
	for wait { // as long as a publish takes
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
		n, tell, wait = k.node.AnnounceFirst(name)
	}
	m.marks &^= unannounced
	r.mu.Unlock()
	if tell {
		k.announceEntry(n, now)
	}
}
