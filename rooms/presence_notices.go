package rooms

import (
	"errors"
	"runtime"
	"slices"
	"time"
)

// notice is an announcement that waits, or is told now.
type notice struct {
	name       string
	member     *Member // that has joined or left
	joined     bool    // else it has left
	announcing bool    // somebody tells it now
}

func (n notice) text() string {
	if n.joined {
		return n.name + " joined the room"
	}
	return n.name + " left the room"
}

func (n notice) counts() changes {
	if n.joined {
		return changes{joined: 1}
	}
	return changes{left: 1}
}

// promptly is how many joins and leaves a room is told at once in a second. Those
// beyond wait for one to two tenths of a second: where the room has grown too large
// meanwhile, for thousands are coming, the next digest tells them.
const maxPrompt = 4

// notices are the announcements of a room that wait, or are told now.
type notices struct {
	room *Room // set at creation

	// Guarded by Room.mu.
	all    []notice // in the order in which they are told
	queued bool     // the room is in Hub.digests for them
	since  int64    // when the second began in which so many were told at once, Unix milliseconds
	prompt int
}

// announce has the room be told of n, in the order of the calls. If at is not nil, the caller calls it
// as soon as mu is free. mu is held.
func (q *notices) announce(n notice, now int64) (at func()) {
	if n.announcing = len(q.all) == 0 && q.isPrompt(now); n.announcing {
		q.all = append(q.all, n)
		return func() { q.announcePrompt(n, now) }
	}
	if n.joined {
		n.member.marks |= unannounced
	}
	q.all = append(q.all, n)
	q.queue()
	return nil
}

// isPrompt tells whether one more may be told at once, and counts it. mu is held.
func (q *notices) isPrompt(now int64) bool {
	if now < q.since || now >= q.since+time.Second.Milliseconds() {
		q.since, q.prompt = now, 0
	}
	q.prompt++
	return q.prompt <= maxPrompt
}

// queue has the notices be told one to two tenths of a second from now. mu is held.
func (q *notices) queue() {
	if q.queued {
		return
	}
	q.queued = true
	d := &q.room.hub.digests
	d.add(&d.fresh, q.room)
}

// tellPrompt tells n, and those that have come meanwhile, as long as they may be told at once.
func (q *notices) announcePrompt(n notice, now int64) {
	for more := true; more; {
		q.room.presence.announce(n, now)
		q.room.mu.Lock()
		q.remove(n)
		if more = len(q.all) > 0 && !q.all[0].announcing && q.isPrompt(now); more {
			q.all[0].announcing = true
			n = q.all[0]
		}
		q.room.mu.Unlock()
	}
}

// told takes n out of the notices. mu is held.
func (q *notices) remove(n notice) {
	if i := slices.Index(q.all, n); i >= 0 {
		q.all = slices.Delete(q.all, i, i+1)
	}
	if len(q.all) == 0 {
		q.all = nil
	}
	if n.joined {
		n.member.marks &^= unannounced
	}
}

// tellNext tells the first notice, which is one until it is told, so that whoever speaks
// meanwhile comes after it; false if there is none, or somebody else tells it.
func (q *notices) announceNext(now int64) bool {
	r := q.room
	r.mu.Lock()
	q.queued = false
	if len(q.all) == 0 {
		r.mu.Unlock()
		return false
	}
	if q.all[0].announcing {
		q.queue()
		r.mu.Unlock()
		return false
	}
	q.all[0].announcing = true
	n, small := q.all[0], r.total() <= r.hub.cfg.AnnounceLimit
	if !small {
		r.presence.count(n.counts())
	}
	r.mu.Unlock()
	if small {
		r.presence.announce(n, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	q.remove(n)
	return true
}

// cancelLeave tells whether it was to be announced that a name has left, and takes that back: the name
// is here again. mu is held.
func (q *notices) cancelLeave(name string) bool {
	i := slices.IndexFunc(q.all, func(n notice) bool { return n.name == name && !n.joined && !n.announcing })
	if i < 0 {
		return false
	}
	q.all = slices.Delete(q.all, i, i+1)
	return true
}

// index returns the index of the notice that m, or another connection of its name, has joined; negative
// if there is none. mu is held.
func (q *notices) index(m *Member) int {
	return slices.IndexFunc(q.all, func(n notice) bool {
		return n.joined && (n.member == m || n.name == m.sink.Name() && n.name != q.room.hub.cfg.Anonymous)
	})
}

// errUnannounced says that the room has yet to be told that a member has joined.
var errUnannounced = errors.New("rooms: the member is not announced yet")

// introduce is presence.introduce in a room of this node alone.
func (q *notices) announceFirst(m *Member, now int64) {
	r := q.room
	r.mu.Lock()
	i := q.index(m)
	for i >= 0 && q.all[i].announcing { // as long as a publish takes
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
		i = q.index(m)
	}
	m.marks &^= unannounced
	if i < 0 {
		r.mu.Unlock()
		return
	}
	q.all[i].announcing = true
	n := q.all[i]
	r.mu.Unlock()
	r.presence.announce(n, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	q.remove(n)
}
