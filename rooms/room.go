package rooms

import (
	"math/rand/v2"
	"strings"
	"sync"
)

// Room is a log and the members that read it.
type Room struct {
	// Each part owns its state. doc_internals.go lists the parts and their files.

	// Set at creation.
	hub   *Hub
	shard *shard
	name  string
	epoch Epoch // new at each start of a room with this name

	mu sync.Mutex // guards the fields below, except for fields of overload that say otherwise

	log      roomLog
	history  history
	members  membership
	presence presence
	overload overload
	observed *observed   // nil without Config.Observer, and if it has no entries
	delay    *writeDelay // nil without Config.WriteDelay
	rare     *rare       // nil until it is needed

	openers    int32  // callers of Hub.Open that have not called close; the room stays until they have
	lastInline uint16 // when the room was last flushed inline: the low bits of the time in Unix milliseconds
	gone       bool   // removed from the hub
	gathers    bool   // new frames are held, because several announcements are about to share a write
	unfollow   func() // nil if there is no Bus
}

// rare is the state that few rooms need.
type rare struct {
	exclusions exclusions
	extras     extras
	kept       *Kept
	names      nameCounts // only with ByName
	countedAt  int64      // when the number of members was last announced, Unix milliseconds; only with AsCounts
}

// size returns the memory that s uses, in bytes, without names. s may be nil. mu is held.
func (s *rare) size() int64 {
	if s == nil {
		return 0
	}
	return s.exclusions.size() + s.extras.size() + s.kept.size()
}

// withRare returns the state that few rooms need. mu is held.
func (r *Room) withRare() *rare {
	if r.rare == nil {
		r.rare = new(rare)
	}
	return r.rare
}

func newRoom(h *Hub, sh *shard, name string) *Room {
	r := &Room{hub: h, shard: sh, name: strings.Clone(name), epoch: Epoch(rand.Uint64())}
	r.history.room, r.members.room, r.overload.room = r, r, r
	if of := h.cfg.History.Of; of != nil {
		r.history.kind = uint8(of(r.name))
	}
	r.log.keepsHistory = !r.history.bounds().none()
	r.presence.room, r.presence.notices.room, r.presence.nodes.room = r, r, r
	if h.cfg.Bus != nil {
		r.presence.nodes.node = new(spanning)
	}
	r.presence.announcing = h.cfg.Announcer.Announces(r.name)
	if h.cfg.WriteDelay > 0 {
		r.delay = new(writeDelay)
	}
	return r
}

// join adds m at the head of the log: m receives every message appended after this call. If m
// resumes, it begins at since, and nothing is written to it before Member.Drained. The caller calls
// announce as soon as no lock is held, unless it is nil. join returns ErrFull if the room had no
// members and the hub has too many rooms. The shard is locked, so the room cannot be removed meanwhile.
func (r *Room) join(m *Member, sink Sink, resumes bool, since *Since, now int64) (p Position, announce func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members.count == 0 && !r.hub.countRoom() {
		return Position{}, nil, ErrFull
	}
	m.sink = sink
	m.at, m.behind, m.marks, m.chunk = r.log.head, false, 0, nil
	r.members.add(m)
	r.countName(m, true)
	r.history.lastUsed = now
	announce = both(r.observe(m, true, now), r.presence.note(m, true, now))
	if !resumes { // Join does not return the position
		return Position{Info: Info{Members: r.total()}}, announce, nil
	}
	p = Position{Info: r.infoLocked()}
	next := r.history.replay(since, now, &p)
	r.history.startAt(m, next)
	p.Kept = r.keptFor(&p, next, now)
	return p, announce, nil
}

// leave removes m from its segment s. If m was the last member, and nothing else keeps the room,
// leave removes the room. It returns the result of Member.Leave. The caller, which holds no lock,
// calls announce, unless it is nil.
func (r *Room) leave(s *segment, m *Member, now int64) (ended <-chan struct{}, announce func()) {
	r.mu.Lock()
	m.marks |= left
	if m.behind {
		r.hub.counters[MembersBehind].Add(-1)
	}
	r.members.remove(s, m)
	r.countName(m, false)
	r.forgetExclusions(m)
	r.overload.keepsUp(m)
	r.overload.judge()
	if m.marks&retrying == 0 { // otherwise the current flush calls leaveChunk
		m.leaveChunk()
	}
	ended = r.members.settle(s)
	r.history.trim()
	announce = both(r.observe(m, false, now), r.presence.note(m, false, now))
	empty := r.members.count == 0
	if empty {
		r.hub.counters[Rooms].Add(-1)
	}
	r.mu.Unlock()
	r.hub.memory.giveBack()
	if empty {
		r.shard.removeEmpty(r)
	}
	return ended, announce
}

// total returns the number of members on all nodes. mu is held.
func (r *Room) total() int { return int(r.members.count) + r.presence.remote }

func (r *Room) info() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.infoLocked()
}

func (r *Room) infoLocked() Info {
	return Info{Room: r.name, Members: r.total(), Here: int(r.members.count), Seq: r.log.seq, Epoch: r.epoch.String()}
}
