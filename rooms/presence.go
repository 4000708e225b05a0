package rooms

import "plenum/codec"

// presence is what a room knows of its members' joins and leaves that it has not been told yet.
type presence struct {
	room *Room // set at creation

	// Guarded by Room.mu.
	digest    changes   // for the next digest
	listed    bool      // the room is in Hub.digests for its digest
	remote    int       // members on other nodes
	delegated bool      // another node tells of all joins and leaves
	notices   notices   // of a room of this node alone
	nodes     nodeNames // of a room that spans nodes
}

// changes counts joins and leaves.
type changes struct{ joined, left int }

// note notes that m has just joined or left, and decides whether and when the room is told. If at is
// not nil, the caller calls it as soon as mu is free. mu is held.
//
// A name is announced when its first connection joins and when its last one leaves, in a room of up to
// Config.AnnounceLimit members. The room is as large as it was with a member that leaves. Above that
// the digest counts every connection, so nobody looks through the names of a large room. What the room
// was told while it was large or small stays as it is: a name that joined unnamed, in a digest,
// leaves by name if the room is small again.
func (p *presence) note(m *Member, joined bool, now int64) (at func()) {
	r := p.room
	limit, members := r.hub.cfg.AnnounceLimit, r.total()
	if limit < 0 || members == 0 || r.gone || listens(m.sink) {
		return nil
	}
	n := notice{member: m, joined: joined}
	if members > limit || members == limit && !joined {
		p.count(n.counts())
		return nil
	}
	n.name = m.sink.Name()
	switch {
	case n.name == r.hub.cfg.Anonymous:
		return p.notices.announce(n, now)
	case r.members.has(n.name, m):
		if joined && p.isUnannounced(m) {
			m.marks |= unannounced
		}
		return nil
	case p.nodes.spans():
		return p.nodes.note(n, now)
	}
	if joined && p.notices.cancelLeave(n.name) {
		return nil
	}
	return p.notices.announce(n, now)
}

// awaits tells whether the room has yet to be told that m, or another connection of its name, has
// joined. mu is held.
func (p *presence) isUnannounced(m *Member) bool {
	if p.nodes.spans() {
		return p.nodes.node.IsUnannounced(m.sink.Name())
	}
	return p.notices.index(m) >= 0
}

// introduce tells at once that m has joined, if that waits: m is about to speak.
func (p *presence) announceFirst(m *Member, now int64) {
	if p.nodes.spans() && m.sink.Name() != p.room.hub.cfg.Anonymous {
		p.nodes.announceFirst(m, now)
		return
	}
	p.notices.announceFirst(m, now)
}

// untold is the Receipt of an announcement.
type announceReceipt struct {
	room *Room
	of   changes
}

// Published has the next digest tell what could not be said.
func (u announceReceipt) Published(_ Epoch, _ uint64, err error) {
	if err != nil {
		u.room.mu.Lock()
		defer u.room.mu.Unlock()
		u.room.presence.count(u.of)
	}
}

// tell says n now. If the room does not take it, the next digest tells it.
func (p *presence) announce(n notice, now int64) {
	p.publishSystem(n.text(), now, announceReceipt{p.room, n.counts()})
}

// say publishes a message of the server's own.
func (p *presence) publishSystem(text string, now int64, to Receipt) {
	body, err := codec.Encode(codec.Message{Sender: codec.System, Text: text, Room: p.room.name, Timestamp: now})
	if err == nil {
		defer body.Free()
		err = p.room.submit(nil, body.Bytes(), now, to)
	}
	if err != nil {
		to.Published(0, 0, err)
	}
}
