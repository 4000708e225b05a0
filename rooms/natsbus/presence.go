package natsbus

import (
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

// count brings room's members elsewhere up to date, and notes whether the others are to be told of those here.
// room is the follower, or nil if there is none.
func (p *presence) count(room *rooms.Room, node uint64, now moment, alive map[uint64]bool, heal bool) {
	if room == nil {
		p.here = 0
		p.due = p.due || p.told > 0
		return
	}
	gone := p.forgetDead(alive)
	p.exchange(room, node)
	if gone && p.know(room) {
		p.due = true
	}
	p.greet = p.greet || heal
	p.plan(now)
}

// onHere handles another node's word, and tells whether the others are to be told of the members here. room
// is the follower, or nil if there is none.
func (p *presence) onHere(room *rooms.Room, node uint64, h hereWord) (tell bool) {
	was := p.hear(h.node, h.word)
	if room == nil {
		return false
	}
	p.exchange(room, node)
	if !maps.Equal(h.names, was.names) {
		tell = p.know(room)
	}
	if h.greets && (p.here > 0 || len(room.Names()) > 0) {
		tell = true
	}
	if h.joined+h.left > 0 && p.tells(node) {
		room.AddRemoteChanges(h.joined, h.left)
	}
	return tell
}

// know tells room the names at the other nodes, and whether those have to be told of the names here.
func (p *presence) know(room *rooms.Room) (tell bool) {
	return room.SetRemoteNames(p.names(), time.Now().UnixMilli())
}

// exchange tells the room how many members are elsewhere, and learns how many it has. node is this one.
func (p *presence) exchange(room *rooms.Room, node uint64) {
	elsewhere := 0
	for _, w := range p.there {
		elsewhere += w.members
	}
	here, joined, left := room.ExchangeCounts(elsewhere, p.tells(node))
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

// word returns this node's word, of at most so many bytes unless it has no names.
func (p *presence) word(node uint64, names rooms.Names, most int, now moment) []byte {
	h := hereWord{node: node, word: word{p.here, names}, joined: p.joined, left: p.left, greets: p.greet}
	p.told, p.at, p.joined, p.left = p.here, now, 0, 0
	p.greet, p.due = false, false
	return h.encode(most)
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
