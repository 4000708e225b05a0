package rooms

import (
	"errors"
	"runtime"
	"slices"
	"time"
)

// notice is an announcement that is pending, or being published.
type notice struct {
	name       string
	member     *Member // the member that has joined or left
	joined     bool    // otherwise it has left
	announcing bool    // a goroutine is publishing it
}

// sink returns the Sink of the member, or nil if it is not known.
func (n notice) sink() Sink {
	if n.member == nil {
		return nil
	}
	return n.member.sink
}

// counts returns n as it counts in a digest.
func (n notice) counts() changes {
	if n.joined {
		return changes{joined: 1}
	}
	return changes{left: 1}
}

// maxPrompt is the largest number of joins and leaves that are announced immediately per second and
// room. Further ones wait until the second is over, and for 100 to 200 ms at least. If the room has
// grown too large meanwhile, because thousands join, the next digest announces them.
const maxPrompt = 4

// notices are a room's pending announcements.
type notices struct {
	room *Room // set at creation

	// Guarded by Room.mu.
	all    []notice // in the order of announcement
	since  int64    // the beginning of the second in which prompt counts, Unix milliseconds
	prompt int32    // number of announcements in this second
	queued bool     // the room is in Hub.digests for its notices
}

// announce adds n. The announcements are published in the order of the calls. If at is not nil, the
// caller calls it as soon as mu is free. mu is held.
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

// isPrompt counts one more announcement in this second, and reports whether it may be published
// immediately. mu is held.
func (q *notices) isPrompt(now int64) bool {
	if q.secondIsOver(now) {
		q.since, q.prompt = now, 0
	}
	q.prompt++
	return q.prompt <= maxPrompt
}

// queue lets digests publish the notices when they are due. mu is held.
func (q *notices) queue() {
	if q.queued {
		return
	}
	q.queued = true
	d := &q.room.hub.digests
	d.add(&d.fresh, q.room)
}

// announcePrompt publishes n, and then further notices as long as they may be published immediately. mu
// is not held.
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

// remove removes n, which was published. mu is held.
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

// isDue is secondIsOver. mu is not held.
func (q *notices) isDue(now int64) bool {
	q.room.mu.Lock()
	defer q.room.mu.Unlock()
	return q.secondIsOver(now)
}

// secondIsOver reports whether the second in which prompt counts is over. mu is held.
func (q *notices) secondIsOver(now int64) bool {
	return now < q.since || now >= q.since+time.Second.Milliseconds()
}

// announceAll publishes all notices. The announcements share the writes to the members. mu is not held.
func (q *notices) announceAll(now int64) {
	r := q.room
	r.mu.Lock()
	r.gathers = true
	r.mu.Unlock()
	for q.announceNext(now) {
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gathers = false
	if r.delay == nil {
		r.members.queueHeld()
	}
}

// announceNext publishes the first notice, or counts it in the digest if the room is too large now. The
// notice stays in the list until then, so that a message that its member publishes meanwhile comes after
// it. announceNext returns false if there is no notice, or if another goroutine is publishing it. mu is
// not held.
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

// cancelLeave removes a pending leave of the name, which has joined again. It returns false if
// there is none. mu is held.
func (q *notices) cancelLeave(name string) bool {
	i := slices.IndexFunc(q.all, func(n notice) bool { return n.name == name && !n.joined && !n.announcing })
	if i < 0 {
		return false
	}
	q.all = slices.Delete(q.all, i, i+1)
	return true
}

// index returns the index of the notice that m, or another connection of m's name, has joined. It is
// negative if there is no such notice. mu is held.
func (q *notices) index(m *Member) int {
	return slices.IndexFunc(q.all, func(n notice) bool {
		return n.joined && (n.member == m || n.name == m.sink.Name() && n.name != q.room.hub.cfg.Anonymous)
	})
}

// errUnannounced reports that a member's join has to be announced before its message.
var errUnannounced = errors.New("rooms: the member's join is not announced yet")

// announceFirst is presence.announceFirst in a room that does not span nodes. mu is not held.
func (q *notices) announceFirst(m *Member, now int64) {
	r := q.room
	r.mu.Lock()
	i := q.index(m)
	for i >= 0 && q.all[i].announcing { // another goroutine announces it, which takes as long as a publish
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
