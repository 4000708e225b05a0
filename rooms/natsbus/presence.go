package natsbus

import (
	"maps"
	"time"

	"plenum/rooms"
)

// presence is who is in a room, by node. Guarded by subject.mu.
type presence struct {
	local        int               // members on this node
	others       map[uint64]report // on others
	joined, left int               // that others are to tell of
	reported     int               // what others were told last
	reportedAt   moment            // and when
	wantsReports bool              // others are to be told, and to tell: this node has come, or is back
	due          bool              // the sender is to tell them
}

// word is what another node has told of a room.
type report struct {
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
func (p *presence) update(room *rooms.Room, node uint64, now moment, alive map[uint64]bool, heal bool) {
	if room == nil {
		p.local = 0
		p.due = p.due || p.reported > 0
		return
	}
	gone := p.forgetDead(alive)
	p.exchange(room, node)
	if gone && p.updateNames(room) {
		p.due = true
	}
	p.wantsReports = p.wantsReports || heal
	p.plan(now)
}

// onHere handles another node's word, and tells whether the others are to be told of the members here. room
// is the follower, or nil if there is none.
func (p *presence) onReport(room *rooms.Room, node uint64, h reportMessage) (tell bool) {
	was := p.store(h.node, h.report)
	if room == nil {
		return false
	}
	p.exchange(room, node)
	if !maps.Equal(h.names, was.names) {
		tell = p.updateNames(room)
	}
	if h.wantsReports && (p.local > 0 || len(room.Names()) > 0) {
		tell = true
	}
	if h.joined+h.left > 0 && p.isAnnouncer(node) {
		room.AddRemoteChanges(h.joined, h.left)
	}
	return tell
}

// know tells room the names at the other nodes, and whether those have to be told of the names here.
func (p *presence) updateNames(room *rooms.Room) (tell bool) {
	return room.SetRemoteNames(p.names(), time.Now().UnixMilli())
}

// exchange tells the room how many members are elsewhere, and learns how many it has. node is this one.
func (p *presence) exchange(room *rooms.Room, node uint64) {
	elsewhere := 0
	for _, w := range p.others {
		elsewhere += w.members
	}
	here, joined, left := room.ExchangeCounts(elsewhere, p.isAnnouncer(node))
	p.local, p.joined, p.left = here, p.joined+joined, p.left+left
}

// tells tells whether a node is the one to tell of those that come and go: it has the least number of those
// with members.
func (p *presence) isAnnouncer(node uint64) bool {
	for other, w := range p.others {
		if other < node && w.members > 0 {
			return false
		}
	}
	return true
}

// forgetDead forgets the nodes that are not alive, and returns whether there was one.
func (p *presence) forgetDead(alive map[uint64]bool) (any bool) {
	for id := range p.others {
		if !alive[id] {
			delete(p.others, id)
			any = true
		}
	}
	return any
}

// plan notes whether the others are to be told.
func (p *presence) plan(now moment) {
	news := p.local != p.reported || p.joined+p.left > 0
	p.due = p.due || p.wantsReports || now-p.reportedAt > countEvery && news || now-p.reportedAt > countAgain && p.local > 0
}

// hear notes what another node has told, and returns what it had told before.
func (p *presence) store(id uint64, now report) (was report) {
	was = p.others[id]
	switch {
	case now.members == 0 && now.names == nil:
		delete(p.others, id)
	case p.others == nil:
		p.others = map[uint64]report{id: now}
	default:
		p.others[id] = now
	}
	return was
}

// word returns this node's word, of at most so many bytes unless it has no names.
func (p *presence) makeReport(node uint64, names rooms.Names, max int, now moment) []byte {
	h := reportMessage{node: node, report: report{p.local, names}, joined: p.joined, left: p.left, wantsReports: p.wantsReports}
	p.reported, p.reportedAt, p.joined, p.left = p.local, now, 0, 0
	p.wantsReports, p.due = false, false
	return h.encode(max)
}

// names returns the names at the other nodes.
func (p *presence) names() map[uint64]rooms.Names {
	others := map[uint64]rooms.Names{}
	for id, w := range p.others {
		if w.names != nil {
			others[id] = w.names
		}
	}
	return others
}
