package rooms

import "errors"

// presence holds joins and leaves that are not announced yet.
type presence struct {
	room *Room // set at creation

	// Guarded by Room.mu.
	digest     changes    // joins and leaves for the next digest
	remote     int        // number of members on other nodes
	listed     bool       // the room is in Hub.digests for its digest
	names      bool       // the room is in Hub.digests for the names in nodes
	delegated  bool       // another node announces the digests of all nodes
	announcing Announcing // set at creation
	notices    notices    // pending announcements of members without a name, and of all members if the room does not span nodes
	nodes      nodeNames  // pending announcements of names, if the room spans nodes
}

// changes counts joins and leaves.
type changes struct{ joined, left int }

// note notes that m has just joined or left, and decides whether and when that is announced. If at
// is not nil, the caller calls it as soon as mu is free. mu is held.
//
// With ByNameOrDigest, a room of up to Config.AnnounceLimit members announces a name when its first
// connection joins and when its last one leaves. A leaving member still counts for the size of the
// room. In a larger room the digest counts all connections, so that a join does not look through the
// names of a large room. Announcements stay valid when the room grows or shrinks. So a name that joined
// in a digest leaves by name if the room is small again. See Announcing for the other ways.
func (p *presence) note(m *Member, joined bool, now int64) (at func()) {
	r := p.room
	limit, members := r.hub.cfg.AnnounceLimit, r.total()
	if limit < 0 || members == 0 || r.gone {
		return nil
	}
	n := notice{member: m, joined: joined}
	switch {
	case p.announcing == AsCounts:
		p.count(n.counts())
		return nil
	case p.announcing == Silently || listens(m.sink):
		return nil
	}
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

// isUnannounced reports whether the join of m, or of another connection of its name, is not
// announced yet. mu is held.
func (p *presence) isUnannounced(m *Member) bool {
	if p.nodes.spans() {
		return p.nodes.node.IsUnannounced(m.sink.Name())
	}
	return p.notices.index(m) >= 0
}

// announceFirst announces the join of m, which is about to publish, if the announcement is pending. mu is
// not held.
func (p *presence) announceFirst(m *Member, now int64) {
	if p.nodes.spans() && m.sink.Name() != p.room.hub.cfg.Anonymous {
		p.nodes.announceFirst(m, now)
		return
	}
	p.notices.announceFirst(m, now)
}

// announceReceipt is the Receipt of an announcement.
type announceReceipt struct {
	room *Room
	of   changes
}

// Published adds an announcement to the next digest if publishing it has failed.
func (a announceReceipt) Published(_ Epoch, _ uint64, err error) {
	if err != nil {
		a.room.mu.Lock()
		defer a.room.mu.Unlock()
		a.room.presence.count(a.of)
	}
}

// announce publishes n. If that fails, n goes into the next digest. mu is not held.
func (p *presence) announce(n notice, now int64) {
	a := Announcement{Kind: NameLeft, Name: n.name}
	if n.joined {
		a.Kind, a.Sink = NameJoined, n.sink()
		a.Info = infoOf(a.Sink)
	}
	p.publish(a, now, announceReceipt{p.room, n.counts()})
}

// errNoBody reports that the Announcer has appended nothing.
var errNoBody = errors.New("rooms: an announcement has no body")

// publish publishes an announcement. to gets the result, also if the Announcer has appended nothing. mu is
// not held.
func (p *presence) publish(a Announcement, now int64, to Receipt) {
	a.Room, a.Now = p.room.name, now
	body, err := p.room.hub.cfg.Announcer.AppendAnnouncement(nil, a), errNoBody
	if len(body) > 0 {
		err = p.room.submit(nil, body, now, to)
	}
	if err != nil {
		to.Published(0, 0, err)
	}
}
