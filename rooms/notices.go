package rooms

import (
	"errors"
	"runtime"
	"slices"
	"time"
)

// notice is an announcement that waits, or is told now.
type notice struct {
	name    string
	member  *Member // that has joined or left
	joined  bool    // else it has left
	telling bool    // somebody tells it now
}

func (n notice) text() string {
	if n.joined {
		return n.name + " joined the room"
	}
	return n.name + " left the room"
}

func (n notice) counts() comings {
	if n.joined {
		return comings{joined: 1}
	}
	return comings{left: 1}
}

// promptly is how many joins and leaves a room is told at once in a second. Those
// beyond wait for one to two tenths of a second: where the room has grown too large
// meanwhile, for thousands are coming, the next digest tells them.
const promptly = 4

// announce has the room be told of n, in the order of the calls. If at is not nil, the caller calls it
// as soon as mu is free. mu is held.
func (r *Room) announce(n notice, now int64) (at func()) {
	p := &r.presence
	if n.telling = len(p.notices) == 0 && p.isPrompt(now); n.telling {
		p.notices = append(p.notices, n)
		return func() { r.tellPrompt(n, now) }
	}
	if n.joined {
		n.member.marks |= unannounced
	}
	p.notices = append(p.notices, n)
	r.queueNotices()
	return nil
}

// isPrompt tells whether one more may be told at once, and counts it. mu is held.
func (p *presence) isPrompt(now int64) bool {
	if now < p.since || now >= p.since+time.Second.Milliseconds() {
		p.since, p.prompt = now, 0
	}
	p.prompt++
	return p.prompt <= promptly
}

// queueNotices has the notices be told one to two tenths of a second from now. mu is held.
func (r *Room) queueNotices() {
	if r.presence.queued {
		return
	}
	r.presence.queued = true
	d := &r.hub.digests
	d.add(&d.fresh, r)
}

// tellPrompt tells n, and those that have come meanwhile, as long as they may be told at once.
func (r *Room) tellPrompt(n notice, now int64) {
	for more := true; more; {
		r.tell(n, now)
		r.mu.Lock()
		r.told(n)
		p := &r.presence
		if more = len(p.notices) > 0 && !p.notices[0].telling && p.isPrompt(now); more {
			p.notices[0].telling = true
			n = p.notices[0]
		}
		r.mu.Unlock()
	}
}

// told takes n out of the notices. mu is held.
func (r *Room) told(n notice) {
	p := &r.presence
	if i := slices.Index(p.notices, n); i >= 0 {
		p.notices = slices.Delete(p.notices, i, i+1)
	}
	if len(p.notices) == 0 {
		p.notices = nil
	}
	if n.joined {
		n.member.marks &^= unannounced
	}
}

// tellNext tells the first notice, which is one until it is told, so that whoever speaks
// meanwhile comes after it; false if there is none, or somebody else tells it.
func (r *Room) tellNext(now int64) bool {
	r.mu.Lock()
	p := &r.presence
	p.queued = false
	if len(p.notices) == 0 {
		r.mu.Unlock()
		return false
	}
	if p.notices[0].telling {
		r.queueNotices()
		r.mu.Unlock()
		return false
	}
	p.notices[0].telling = true
	n, small := p.notices[0], r.total() <= r.hub.cfg.AnnounceLimit
	if !small {
		r.note(n.counts())
	}
	r.mu.Unlock()
	if small {
		r.tell(n, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told(n)
	return true
}

// forgoes tells whether it was to be announced that a name has left, and takes that back: it is here
// again. mu is held.
func (r *Room) forgoes(name string) bool {
	p := &r.presence
	i := slices.IndexFunc(p.notices, func(n notice) bool { return n.name == name && !n.joined && !n.telling })
	if i < 0 {
		return false
	}
	p.notices = slices.Delete(p.notices, i, i+1)
	return true
}

// announces tells whether n is that m has joined, or another connection of its name.
func (r *Room) announces(n notice, m *Member) bool {
	return n.joined && (n.member == m || n.name == m.sink.Name() && n.name != r.hub.cfg.Anonymous)
}

// awaited is the index of the notice that m has joined; negative if there is none. mu is held.
func (r *Room) awaited(m *Member) int {
	return slices.IndexFunc(r.presence.notices, func(n notice) bool { return r.announces(n, m) })
}

// awaits tells whether the room has yet to be told that m, or another connection of its name, has
// joined. mu is held.
func (r *Room) awaits(m *Member) bool {
	if k := r.presence.names; k != nil {
		return k.Awaits(m.sink.Name())
	}
	return r.awaited(m) >= 0
}

// errUnannounced says that the room has yet to be told that a member has joined.
var errUnannounced = errors.New("rooms: the member is not announced yet")

// introduce tells at once that m has joined, if that waits: m is about to speak.
func (r *Room) introduce(m *Member, now int64) {
	if r.presence.names != nil && m.sink.Name() != r.hub.cfg.Anonymous {
		r.introduceName(m, now)
		return
	}
	r.mu.Lock()
	i := r.awaited(m)
	for i >= 0 && r.presence.notices[i].telling { // as long as a publish takes
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
		i = r.awaited(m)
	}
	m.marks &^= unannounced
	if i < 0 {
		r.mu.Unlock()
		return
	}
	r.presence.notices[i].telling = true
	n := r.presence.notices[i]
	r.mu.Unlock()
	r.tell(n, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told(n)
}
