package channels

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"plenum/codec/pusher"
	"plenum/rooms"
)

// Sessions finds the open sessions of this node by their socket ids. Create it with NewSessions.
type Sessions struct {
	node   uint64        // the first number of the socket ids of this node; set at creation
	turn   atomic.Uint64 // number of sessions added; it chooses the shard of the next one
	shards [sessionShards]sessionShard
}

// The second number of a socket id consists of three numbers. From its lowest bit, they are the shard of the session, its slot
// in the shard, and the number of sessions that the shard has had. So a session is found without a map, which would take three
// times the memory, and no two sessions of a node have the same number. It has at most 19 digits, until a shard has had 2^37
// sessions.
const (
	shardBits = 6
	slotBits  = 20 // a process cannot have so many connections that a shard needs more

	sessionShards = 1 << shardBits // enough that pollers seldom wait for each other
)

// sessionShard is a part of the table. It fills a cache line.
type sessionShard struct {
	mu    sync.Mutex
	slots []*session // nil in free slots
	free  []uint32   // the free slots
	had   uint64     // number of sessions so far
}

// NewSessions returns an empty table. The first number of its socket ids is random, so that two nodes hardly ever have the
// same number.
func NewSessions() *Sessions { return &Sessions{node: 1 + rand.Uint64N(1<<48)} }

func (t *Sessions) shard(number uint64) *sessionShard { return &t.shards[number%sessionShards] }

// slotOf returns the slot in a number.
func slotOf(number uint64) uint64 { return number >> shardBits % (1 << slotBits) }

// add gives m a number that no session of this node has had, and adds it.
func (t *Sessions) add(m *session) {
	shard := t.turn.Add(1) % sessionShards
	s := &t.shards[shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.had++
	m.number = s.had<<(slotBits+shardBits) | s.put(m)<<shardBits | shard
}

// put puts m into a free slot, and returns the slot. mu is held.
func (s *sessionShard) put(m *session) (slot uint64) {
	if n := len(s.free); n > 0 {
		slot = uint64(s.free[n-1])
		s.free = s.free[:n-1]
		s.slots[slot] = m
		return slot
	}
	s.slots = append(s.slots, m)
	return uint64(len(s.slots) - 1)
}

func (t *Sessions) remove(m *session) {
	s := t.shard(m.number)
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := slotOf(m.number)
	s.slots[slot] = nil
	s.free = append(s.free, uint32(slot))
	if len(s.free) == len(s.slots) {
		s.slots, s.free = nil, nil
	}
}

// find returns the session with a socket id; nil if it is not an open session of this node.
func (t *Sessions) find(socket []byte) *session {
	node, number, ok := pusher.ParseSocketID(socket)
	if !ok || node != t.node {
		return nil
	}
	return t.at(number)
}

// has reports whether m is open.
func (t *Sessions) has(m *session) bool { return t.at(m.number) == m }

// at returns the open session with a number; nil if there is none.
func (t *Sessions) at(number uint64) *session {
	s, slot := t.shard(number), slotOf(number)
	s.mu.Lock()
	defer s.mu.Unlock()
	if slot >= uint64(len(s.slots)) {
		return nil
	}
	if m := s.slots[slot]; m != nil && m.number == number {
		return m
	}
	return nil
}

// Excluded is the Excluded function of the channels' hub. It returns the member of the room whose socket id the body begins
// with; nil if there is none on this node. A member that is just joining counts, because its own join may be announced.
func (t *Sessions) Excluded(room string, body []byte) *rooms.Member {
	socket := pusher.Excluded(body)
	if len(socket) == 0 {
		return nil
	}
	if m := t.find(socket); m != nil {
		return m.rooms.InOrJoining(room)
	}
	return nil
}

// each calls f with each open session. Sessions that are opened meanwhile may be missing. No lock is held during f.
func (t *Sessions) each(f func(m *session)) {
	var all []*session
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		all = append(all[:0], s.slots...)
		s.mu.Unlock()
		for _, m := range all {
			if m != nil {
				f(m)
			}
		}
	}
}
