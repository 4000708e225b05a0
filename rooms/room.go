package rooms

import (
	"math/rand/v2"
	"strings"
	"sync"

	"plenum/rooms/internal/names"
)

// Room is one log and the members that read it. Each of its parts owns its state, in a file of the part's name.
type Room struct {
	// Set at creation.
	hub   *Hub
	shard *shard
	name  string
	epoch Epoch // tells this life of the room from another of the same name

	mu sync.Mutex // guards the fields below; overload says which of its own it does not

	log      roomLog
	history  history
	members  membership
	presence presence
	overload overload

	openers    int    // of Hub.Open that have not closed yet; the room does not go
	unfollow   func() // nil: there is no Bus
	lastInline int64  // when a publisher last wrote the room itself, Unix milliseconds
	gone       bool   // out of the hub
}

func newRoom(h *Hub, sh *shard, name string) *Room {
	r := &Room{hub: h, shard: sh, name: strings.Clone(name), epoch: Epoch(rand.Uint64())}
	r.log.keepsHistory = !h.cfg.History.none()
	r.history.room, r.members.room, r.overload.room = r, r, r
	r.presence.room, r.presence.notices.room, r.presence.nodes.room = r, r, r
	if h.cfg.Bus != nil {
		r.presence.nodes.node = new(names.Node)
	}
	return r
}

// join makes m a member, at the head of the log: m receives every message appended after this call.
// If m resumes, it is written nothing before Member.Drained. announce is as that of presence.note. The shard is
// held, so the room cannot go meanwhile. It returns ErrFull if the room had no members, and enough rooms have.
func (r *Room) join(m *Member, sink Sink, resumes bool, since *Since, now int64) (p Position, announce func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members.count == 0 && !r.hub.countRoom() {
		return Position{}, nil, ErrFull
	}
	m.sink = sink
	m.at, m.behind, m.marks, m.chunk = r.log.head, false, 0, nil
	r.members.add(m)
	r.history.lastUsed = now
	announce = r.presence.note(m, true, now)
	if !resumes { // nobody asks for the rest
		return Position{Info: Info{Members: r.total()}}, announce, nil
	}
	p = Position{Info: r.infoLocked()}
	r.history.startAt(m, r.history.replay(since, now, &p))
	return p, announce, nil
}

// leave takes m out of its segment s, and the room out of the hub if m was
// the last. It returns what Member.Leave does; announce is as that of presence.note.
func (r *Room) leave(s *segment, m *Member, now int64) (ended <-chan struct{}, announce func()) {
	r.mu.Lock()
	m.marks |= left
	if m.behind {
		r.hub.counters[MembersBehind].Add(-1)
	}
	r.members.remove(s, m)
	r.overload.keepsUp(m)
	r.overload.judge()
	if m.marks&retrying == 0 { // else the flush under way ends its reading
		m.leaveChunk()
	}
	ended = r.members.settle(s)
	r.history.trim()
	announce = r.presence.note(m, false, now)
	empty := r.members.count == 0
	if empty {
		r.hub.counters[Rooms].Add(-1)
	}
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
	return ended, announce
}

// total returns how many members there are on all nodes. mu is held.
func (r *Room) total() int { return r.members.count + r.presence.remote }

func (r *Room) info() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.infoLocked()
}

func (r *Room) infoLocked() Info {
	return Info{Room: r.name, Members: r.total(), Here: r.members.count, Seq: r.log.seq, Epoch: r.epoch.String()}
}
