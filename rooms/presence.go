package rooms

import (
	"plenum/codec"
	"plenum/rooms/internal/names"
)

// presence is what a room knows of its members' joins and leaves that it has not been told yet.
// Guarded by Room.mu.
type presence struct {
	comings            // for the next digest
	listed    bool     // the room is in Hub.digests for its digest
	elsewhere int      // members on other nodes
	mute      bool     // another node tells of all that come and go
	notices   []notice // that wait, or are told now
	queued    bool     // the room is in Hub.digests for its notices
	since     int64    // when the second began in which so many were announced at once, Unix milliseconds
	prompt    int

	// Of a room that spans nodes. The pointer and the function are set before anybody joins.
	names   *names.Node // nil: it does not
	pending bool        // the room is in Hub.digests for its names
	changed func()      // is to be called when names has changed; nil: nobody asks
}

// come notes that m has just joined or left, and decides whether and when the room is told. If at is
// not nil, the caller calls it as soon as mu is free. mu is held.
//
// A name is announced when its first connection joins and when its last one leaves, in a room of up to
// Config.AnnounceLimit members. The room is as large as it was with a member that leaves. Above that
// the digest counts every connection, so nobody looks through the names of a large room. What the room
// was told while it was large or small stays as it is: a name that joined unnamed, in a digest,
// leaves by name if the room is small again.
func (r *Room) come(m *Member, joined bool, now int64) (at func()) {
	limit, members := r.hub.cfg.AnnounceLimit, r.total()
	if limit < 0 || members == 0 || r.gone || listens(m.sink) {
		return nil
	}
	n := notice{member: m, joined: joined}
	if members > limit || members == limit && !joined {
		r.note(n.counts())
		return nil
	}
	n.name = m.sink.Name()
	switch {
	case n.name == r.hub.cfg.Anonymous:
		return r.announce(n, now)
	case r.has(n.name, m):
		if joined && r.awaits(m) {
			m.marks |= unannounced
		}
		return nil
	case r.presence.names != nil:
		return r.spread(n, now)
	}
	if joined && r.forgoes(n.name) {
		return nil
	}
	return r.announce(n, now)
}

// leaves tells whether the room is yet to be told that somebody has left, so that it stays when nobody
// is in it at this node.
func (p *presence) leaves() bool { return p.names != nil && p.names.Leaves() }

// has tells whether a member other than m has the name. mu is held.
func (r *Room) has(name string, m *Member) bool {
	for _, s := range r.segments {
		for _, other := range s.members {
			if other != m && other.sink.Name() == name && !listens(other.sink) {
				return true
			}
		}
	}
	return false
}

// comings is how many have come and gone.
type comings struct{ joined, left int }

// untold is the Receipt of an announcement.
type untold struct {
	room *Room
	of   comings
}

// Published has the next digest tell what could not be said.
func (u untold) Published(_ Epoch, _ uint64, err error) {
	if err != nil {
		u.room.mu.Lock()
		defer u.room.mu.Unlock()
		u.room.note(u.of)
	}
}

// tell says n now. If the room does not take it, the next digest tells it.
func (r *Room) tell(n notice, now int64) { r.say(n.text(), now, untold{r, n.counts()}) }

// say publishes a message of the server's own.
func (r *Room) say(text string, now int64, to Receipt) {
	body, err := codec.Encode(codec.Message{Sender: codec.System, Text: text, Room: r.name, Timestamp: now})
	if err == nil {
		defer body.Free()
		err = r.submit(nil, body.Bytes(), now, to)
	}
	if err != nil {
		to.Published(0, 0, err)
	}
}
