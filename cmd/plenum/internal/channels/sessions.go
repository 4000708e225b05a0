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
	node   uint64 // the first number of the socket ids of this node; set at creation
	last   atomic.Uint64
	shards [sessionShards]sessionShard // by number; each is locked by itself
}

// sessionShards is the number of shards: enough that pollers seldom wait for each other.
const sessionShards = 64

type sessionShard struct {
	mu  sync.Mutex
	all map[uint64]*session // by the second number of the socket id
	_   [48]byte            // the shards are in different cache lines
}

// NewSessions returns an empty table. The first number of its socket ids is random, so that two nodes hardly ever have the
// same.
func NewSessions() *Sessions {
	t := &Sessions{node: 1 + rand.Uint64N(1<<48)}
	for i := range t.shards {
		t.shards[i].all = map[uint64]*session{}
	}
	return t
}

func (t *Sessions) shard(number uint64) *sessionShard { return &t.shards[number%sessionShards] }

// add gives m a number that no session of this node has had, and adds it.
func (t *Sessions) add(m *session) {
	m.number = t.last.Add(1)
	s := t.shard(m.number)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[m.number] = m
}

func (t *Sessions) remove(m *session) {
	s := t.shard(m.number)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, m.number)
}

// find returns the session with a socket id; nil if it is not an open session of this node.
func (t *Sessions) find(socket []byte) *session {
	node, number, ok := pusher.ParseSocketID(socket)
	if !ok || node != t.node {
		return nil
	}
	s := t.shard(number)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[number]
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
		all = all[:0]
		s.mu.Lock()
		for _, m := range s.all {
			all = append(all, m)
		}
		s.mu.Unlock()
		for _, m := range all {
			f(m)
		}
	}
}
