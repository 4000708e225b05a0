package engine

import (
	"sync"

	"plenum/engine/internal/quota"
	"plenum/engine/internal/tlsrecord"
)

// traits are the properties of a connection that are set before OnOpen and never change. Connections with the same traits
// share one value, so a Conn only has a pointer to it, 8 bytes. With TLS or a budget, a connection has traits of its own.
type traits struct {
	engine   *Engine
	encoding *Encoding       // nil without extensions
	stream   *Stream         // nil for a WebSocket
	tls      tlsrecord.Layer // called with Conn.mu held
	budget   *quota.Budget   // nil if the client is not limited; the holder of the turn owns its limiters
}

// sharedTraits holds the traits that connections share. None is removed.
type sharedTraits struct {
	mu  sync.Mutex
	all []*traits
}

// maxSharedTraits bounds sharedTraits.all. It is enough for all Encodings of an Engine and as many Streams. A program that
// uses more Streams gets traits that are not shared.
const maxSharedTraits = 2 * maxEncodings

// of returns shared traits that are equal to t, or else a copy of t.
func (s *sharedTraits) of(t traits) *traits {
	if t.tls.Encrypted() || t.budget != nil {
		return t.clone()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.all {
		if *known == t {
			return known
		}
	}
	added := t.clone()
	if len(s.all) < maxSharedTraits {
		s.all = append(s.all, added)
	}
	return added
}

func (t traits) clone() *traits { return &t }
