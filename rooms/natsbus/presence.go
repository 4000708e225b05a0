package natsbus

import (
	"encoding/binary"
	"maps"
	"time"

	"github.com/nats-io/nats.go"

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
	again        bool            // others are to be told
	due          bool            // the sender is to tell them
}

// word is what another node has told of a room.
type word struct {
	members int
	names   rooms.Names // nil: it has told none, for there are too many or it is of an older version
}

// How often nodes show that they are there and tell how many members they have.
const (
	beatEvery  = 400 * time.Millisecond
	deadAfter  = 1200 * time.Millisecond
	countEvery = 500 * time.Millisecond
	// countAgain is after how long others are told although nothing has changed: a word to
	// them may have been lost.
	countAgain = 10 * time.Second
)

// node is another node.
type node struct {
	name  string
	heard moment
	dead  bool
}

// beat shows the others that this node is there.
func (b *Bus) beat(l *link, now moment) {
	b.mu.Lock()
	met := b.met
	b.met = false
	b.mu.Unlock()
	if now-b.beaten < beatEvery && !met {
		return
	}
	if l.conn.Publish(beatSubject, append(binary.BigEndian.AppendUint64(nil, b.node), b.name...)) == nil {
		b.beaten = now
	}
}

// leave shows them that it is not any more.
func (b *Bus) leave(l *link) {
	if !l.conn.IsConnected() {
		return
	}
	_ = l.conn.Publish(beatSubject, binary.BigEndian.AppendUint64(nil, b.node))
	_ = l.conn.FlushTimeout(brokerTimeout)
}

// onBeat handles another node's beat; one without a name is its last.
func (b *Bus) onBeat(m *nats.Msg) {
	if len(m.Data) < 8 {
		return
	}
	id, name := binary.BigEndian.Uint64(m.Data), string(m.Data[8:])
	if id == b.node {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if name == "" {
		delete(b.nodes, id)
		return
	}
	b.heard(id).name = name
}

// heard notes that another node is there. mu is held.
func (b *Bus) heard(id uint64) *node {
	n := b.nodes[id]
	if n == nil {
		n, b.met = new(node), true
		b.nodes[id] = n
	}
	if n.dead {
		b.heal.again = true // it has lost what we told it
	}
	n.heard, n.dead = b.now(), false
	return n
}

// heal is that all subjects are to tell who is here once more, each in its turn. Guarded by
// Bus.mu.
type heal struct {
	again bool   // from the next turn on
	until uint64 // the turn that is not in it any more
}

// after tells whether the subjects of a turn are to.
func (h *heal) after(turn uint64) bool {
	if h.again {
		h.again, h.until = false, turn+looks
	}
	return turn < h.until
}

// forgetNode is after how long a node that has not been heard is not known any more.
const forgetNode = time.Hour

// alive is the other nodes that are there. mu is held.
func (b *Bus) alive(now moment) map[uint64]bool {
	alive := map[uint64]bool{}
	for id, n := range b.nodes {
		n.dead = now-n.heard > deadAfter
		switch {
		case !n.dead:
			alive[id] = true
		case now-n.heard > forgetNode:
			delete(b.nodes, id)
		}
	}
	return alive
}

// A word of who is here: the node, how many members it has, how many have come and gone that
// it does not tell of itself, and whether it wants to be told, 1, or not. The names of a room of few
// members follow, see names.go.
const hereSize = 8 + 4 + 4 + 4 + 1

// count brings the room's members elsewhere up to date, and has the others be told of those
// here where there is news. mu is held.
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
	gone := false
	for id := range p.there {
		if !alive[id] {
			delete(p.there, id)
			gone = true
		}
	}
	s.exchange()
	if gone {
		s.know()
	}
	p.greet = p.greet || heal
	news := p.here != p.told || p.joined+p.left > 0
	p.due = p.due || p.greet || p.again || now-p.at > countEvery && news || now-p.at > countAgain && p.here > 0
}

// exchange tells the follower how many members are elsewhere, and learns how many it has. mu is held.
func (s *subject) exchange() {
	p := &s.presence
	elsewhere, tells := 0, true
	for id, w := range p.there {
		elsewhere += w.members
		tells = tells && (id > s.bus.node || w.members == 0)
	}
	here, joined, left := s.follower.Exchange(elsewhere, tells)
	p.here, p.joined, p.left = here, p.joined+joined, p.left+left
}

// tellSoon has the sender tell the others who is here. mu is held.
func (s *subject) tellSoon() {
	s.presence.due = true
	s.bus.sends.push(s)
}

// sendPresence tells the others who is here.
func (s *subject) sendPresence(l *link) {
	s.mu.Lock()
	p := &s.presence
	if !p.due {
		s.mu.Unlock()
		return
	}
	var names rooms.Names
	if p.here = 0; s.follower != nil {
		s.exchange()
		names = s.follower.Names()
	}
	b := binary.BigEndian.AppendUint64(make([]byte, 0, hereSize), s.bus.node)
	b = binary.BigEndian.AppendUint32(b, uint32(p.here))
	b = binary.BigEndian.AppendUint32(b, uint32(p.joined))
	b = binary.BigEndian.AppendUint32(b, uint32(p.left))
	b = append(b, 0)
	if p.greet {
		b[hereSize-1] = 1
	}
	b = appendNames(b, names, s.bus.mostMessage())
	p.told, p.at, p.joined, p.left = p.here, s.bus.now(), 0, 0
	p.greet, p.again, p.due = false, false, false
	s.mu.Unlock()
	_ = l.conn.Publish(roomPrefix+s.token+"."+kindHere, b)
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
	s.bus.heard(id)
	s.bus.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.presence
	is, was := word{int(n), parseNames(b[hereSize:])}, p.there[id]
	switch {
	case n == 0 && is.names == nil:
		delete(p.there, id)
	case p.there == nil:
		p.there = map[uint64]word{id: is}
	default:
		p.there[id] = is
	}
	if s.follower == nil {
		return
	}
	s.exchange()
	if !maps.Equal(is.names, was.names) {
		s.know()
	}
	if b[hereSize-1] == 1 && (p.here > 0 || len(s.follower.Names()) > 0) {
		s.tellSoon()
	}
	if joined+left == 0 {
		return
	}
	for other, w := range p.there {
		if other < s.bus.node && w.members > 0 { // it is that node's to tell
			return
		}
	}
	s.follower.Heard(int(joined), int(left))
}
