package natsbus

import (
	"encoding/binary"
	"maps"
	"time"

	"plenum/rooms"
)

// presence is who is in a room, by node. Guarded by subject.mu.
type presence struct {
	here         int             // members on this node
	there        map[uint64]word // on others
	joined, left int             // that others are to tell of
	told         int             // what others were told last
	at           moment          // and when
	greet        bool            // others are to be told, and to tell: this node has come, or is back
	due          bool            // the sender is to tell them
}

// word is what another node has told of a room.
type word struct {
	members int
	names   rooms.Names // nil: it has told none, for there are too many or it is of an older version
}

// How often a node tells the others how many members it has.
const (
	countEvery = 500 * time.Millisecond
	// countAgain is after how long others are told although nothing has changed: a word to
	// them may have been lost.
	countAgain = 10 * time.Second
)

// A word of who is here: the node, how many members it has, how many have come and gone that
// it does not tell of itself, and whether it wants to be told, 1, or not. The names of a room of few
// members follow, see presence_names.go.
const hereSize = 8 + 4 + 4 + 4 + 1

// exchange tells the room how many members are elsewhere, and learns how many it has. node is this one.
func (p *presence) exchange(room *rooms.Room, node uint64) {
	elsewhere := 0
	for _, w := range p.there {
		elsewhere += w.members
	}
	here, joined, left := room.Exchange(elsewhere, p.tells(node))
	p.here, p.joined, p.left = here, p.joined+joined, p.left+left
}

// tells tells whether a node is the one to tell of those that come and go: it has the least number of those
// with members.
func (p *presence) tells(node uint64) bool {
	for other, w := range p.there {
		if other < node && w.members > 0 {
			return false
		}
	}
	return true
}

// forgetDead forgets the nodes that are not alive, and returns whether there was one.
func (p *presence) forgetDead(alive map[uint64]bool) (any bool) {
	for id := range p.there {
		if !alive[id] {
			delete(p.there, id)
			any = true
		}
	}
	return any
}

// plan notes whether the others are to be told.
func (p *presence) plan(now moment) {
	news := p.here != p.told || p.joined+p.left > 0
	p.due = p.due || p.greet || now-p.at > countEvery && news || now-p.at > countAgain && p.here > 0
}

// hear notes what another node has told, and returns what it had told before.
func (p *presence) hear(id uint64, is word) (was word) {
	was = p.there[id]
	switch {
	case is.members == 0 && is.names == nil:
		delete(p.there, id)
	case p.there == nil:
		p.there = map[uint64]word{id: is}
	default:
		p.there[id] = is
	}
	return was
}

// word returns this node's word, of at most so many bytes.
func (p *presence) word(node uint64, names rooms.Names, most int, now moment) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, hereSize), node)
	b = binary.BigEndian.AppendUint32(b, uint32(p.here))
	b = binary.BigEndian.AppendUint32(b, uint32(p.joined))
	b = binary.BigEndian.AppendUint32(b, uint32(p.left))
	b = append(b, 0)
	if p.greet {
		b[hereSize-1] = 1
	}
	p.told, p.at, p.joined, p.left = p.here, now, 0, 0
	p.greet, p.due = false, false
	return appendNames(b, names, most)
}

// names returns the names at the other nodes.
func (p *presence) names() map[uint64]rooms.Names {
	others := map[uint64]rooms.Names{}
	for id, w := range p.there {
		if w.names != nil {
			others[id] = w.names
		}
	}
	return others
}

// count brings the room's members elsewhere up to date, and has the others be told of those
// here if there is news. mu is held.
func (s *subject) count(now moment, alive map[uint64]bool, heal bool) {
	p := &s.presence
	if !s.state.followed() {
		p.there = nil
	}
	if s.follower == nil {
		p.here = 0
		p.due = p.due || p.told > 0
		return
	}
	gone := p.forgetDead(alive)
	p.exchange(s.follower, s.bus.node)
	if gone {
		s.know()
	}
	p.greet = p.greet || heal
	p.plan(now)
}

// tellSoon has the sender tell the others who is here. mu is held.
func (s *subject) tellSoon() {
	s.presence.due = true
	s.bus.sends.push(s)
}

// word returns what the others are to be told of who is here; nil if they are not.
func (s *subject) word() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.presence
	if !p.due {
		return nil
	}
	var names rooms.Names
	if p.here = 0; s.follower != nil {
		p.exchange(s.follower, s.bus.node)
		names = s.follower.Names()
	}
	return p.word(s.bus.node, names, s.bus.mostMessage(), s.bus.now())
}

// onHere handles another node's word. It may come before the first beat of a node that is new, or
// back.
func (s *subject) onHere(b []byte) {
	if len(b) < hereSize {
		return
	}
	id := binary.BigEndian.Uint64(b)
	n, joined, left := binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:]), binary.BigEndian.Uint32(b[16:])
	if id == s.bus.node {
		return
	}
	s.bus.mu.Lock()
	s.bus.nodes.heard(id, s.bus.now())
	s.bus.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.presence
	is := word{int(n), parseNames(b[hereSize:])}
	was := p.hear(id, is)
	if s.follower == nil {
		return
	}
	p.exchange(s.follower, s.bus.node)
	if !maps.Equal(is.names, was.names) {
		s.know()
	}
	if b[hereSize-1] == 1 && (p.here > 0 || len(s.follower.Names()) > 0) {
		s.tellSoon()
	}
	if joined+left > 0 && p.tells(s.bus.node) {
		s.follower.Heard(int(joined), int(left))
	}
}

// span has the follower's names be known to the other nodes. mu is held.
func (s *subject) span() {
	s.follower.Span(s.bus.node, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tellSoon()
	})
	s.know()
}

// know tells the follower the names at the other nodes. mu is held.
func (s *subject) know() {
	if s.follower.Know(s.presence.names(), time.Now().UnixMilli()) {
		s.tellSoon()
	}
}
