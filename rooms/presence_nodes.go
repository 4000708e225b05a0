package rooms

import (
	"runtime"

	"plenum/rooms/internal/names"
)

// Standing is the relation of a node to a name in a room that spans nodes. See Owner.
type Standing = names.Standing

// The standings of a node to a name. Of all nodes with members of a name, one is the Owner. It alone
// announces that the name has left.
const (
	Owner   = names.Owner   // the name was announced; this node announces its leave
	Joining = names.Joining // this node has members of the name; the join is not announced yet
	Covered = names.Covered // this node has members of the name; another node is the Owner
	Leaving = names.Leaving // this node was the Owner and has no member of the name any more; the leave is not announced yet
)

// Names are the standings of one node to the names of a room.
type Names = names.Standings

// nodeNames is a room's connection to names.Node, which decides which node announces a name.
type nodeNames struct {
	room *Room     // set at creation
	node *spanning // nil if the room does not span nodes
}

// spanning is a names.Node, guarded by Room.mu, and its link to the Bus.
type spanning struct {
	names.Node
	changed func() // called with no lock held when the result of Room.Names has changed; may be nil; set before any member joins
}

// spans reports whether the room spans nodes.
func (k *nodeNames) spans() bool { return k.node != nil }

// hasLeaving reports whether a leave may still have to be announced. Then the room stays, although this
// node has no members in it. mu is held.
func (k *nodeNames) hasLeaving() bool { return k.node != nil && k.node.HasLeaving() }

// standings is Room.Names. mu is held.
func (k *nodeNames) standings() Names {
	r := k.room
	if r.total() > r.hub.cfg.AnnounceLimit || !r.presence.announcing.names() {
		return nil
	}
	all := Names{}
	r.addNames(all, "")
	r.addInfos(all)
	k.node.AddTo(all)
	return all
}

// setOthers is Room.SetRemoteNames. mu is held.
func (k *nodeNames) setOthers(others map[uint64]Names, now int64) (changed bool) {
	changed = k.node.SetOthers(others, now)
	if changed || k.node.HasUndecided() {
		k.queue()
	}
	return changed
}

// note begins the agreement of the nodes on the node that announces n. The caller calls at as soon as mu
// is free, unless at is nil. mu is held.
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
	return k.node.changed
}

// queue lets digests call announcePending within 100 ms. mu is held.
func (k *nodeNames) queue() {
	if k.room.presence.names {
		return
	}
	k.room.presence.names = true
	d := &k.room.hub.digests
	d.add(&d.names, k.room)
}

// announcePending announces the joins and leaves that this node must announce now. If settled is true,
// it does not wait for other nodes. If the room has no members then, it removes the room, unless
// something else keeps it. mu is not held.
func (k *nodeNames) announcePending(now int64, settled bool) {
	if !k.spans() {
		return
	}
	for n, ok := k.next(now, settled); ok; n, ok = k.next(now, settled) {
		k.announceEntry(n, now)
	}
	r := k.room
	r.mu.Lock()
	r.presence.names = false
	if k.node.HasUndecided() {
		k.queue()
	}
	empty := r.members.count == 0
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
}

// next returns the next entry that this node must announce now; ok is false if there is none. In a
// room that has grown too large it counts all entries into the digest instead. mu is not held.
func (k *nodeNames) next(now int64, settled bool) (n names.Entry, ok bool) {
	r, changed := k.room, false
	r.mu.Lock()
	switch total := r.total(); {
	case total == 0 || r.gone: // there is no member to receive announcements, or all members are closed
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

// announceEntry announces n, which next or AnnounceFirst has returned. mu is not held.
func (k *nodeNames) announceEntry(n names.Entry, now int64) {
	k.room.presence.announce(notice{name: n.Name, joined: n.Joined(), member: k.firstMember(n)}, now)
	k.room.mu.Lock()
	k.node.Announced(n)
	k.room.mu.Unlock()
	k.notify()
}

// firstMember returns a member at this node that has the name of n, or nil. mu is not held.
func (k *nodeNames) firstMember(n names.Entry) *Member {
	k.room.mu.Lock()
	defer k.room.mu.Unlock()
	return k.room.members.find(n.Name, nil)
}

// notify reports that the result of Room.Names has changed.
func (k *nodeNames) notify() {
	if k.node != nil && k.node.changed != nil {
		k.node.changed()
	}
}

// announceFirst is presence.announceFirst for a member with a name, in a room that spans nodes.
func (k *nodeNames) announceFirst(m *Member, now int64) {
	name, r := m.sink.Name(), k.room
	r.mu.Lock()
	n, ok, wait := k.node.AnnounceFirst(name)
	for wait { // another goroutine announces it, which takes as long as a publish
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
		n, ok, wait = k.node.AnnounceFirst(name)
	}
	m.marks &^= unannounced
	r.mu.Unlock()
	if ok {
		k.announceEntry(n, now)
	}
}
