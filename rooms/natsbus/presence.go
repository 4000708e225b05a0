package natsbus

import (
	"maps"
	"time"

	"plenum/rooms"
)

// presence has the numbers of a room's members by node, and their names in a small room. Guarded by subject.mu.
type presence struct {
	local        int               // members on this node
	others       map[uint64]report // of other nodes
	joined, left int               // at this node, to be announced by another node
	reported     int               // local in this node's last report
	reportedAt   moment            // time of that report
	wantsReports bool              // the next report asks the other nodes for theirs: this node is new or has reconnected
	due          bool              // the sender is to send a report
}

// report is the content of a node's report about a room.
type report struct {
	members int
	names   rooms.Names // nil: there are too many, or the node is of an older version
}

// Intervals of this node's reports.
const (
	countEvery = 500 * time.Millisecond
	// countAgain is the interval of reports without changes. They repair lost reports.
	countAgain = 10 * time.Second
)

// update exchanges counts with the follower, forgets dead nodes, and decides whether a report is due. room is
// the follower, or nil if there is none.
func (p *presence) update(room *rooms.Room, node uint64, now moment, alive map[uint64]bool, resync bool) {
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
	p.wantsReports = p.wantsReports || resync
	p.plan(now)
}

// onReport handles another node's report. It reports whether this node has to send one, too. room is the
// follower, or nil if there is none.
func (p *presence) onReport(room *rooms.Room, node uint64, h reportMessage) (mustReport bool) {
	before := p.store(h.node, h.report)
	if room == nil {
		return false
	}
	p.exchange(room, node)
	if !maps.Equal(h.names, before.names) {
		mustReport = p.updateNames(room)
	}
	if h.wantsReports && (p.local > 0 || len(room.Names()) > 0) {
		mustReport = true
	}
	if h.joined+h.left > 0 && p.isAnnouncer(node) {
		room.AddRemoteChanges(h.joined, h.left)
	}
	return mustReport
}

// updateNames passes the names at other nodes to room. It reports whether this node has to send a report.
func (p *presence) updateNames(room *rooms.Room) (mustReport bool) {
	return room.SetRemoteNames(p.names(), time.Now().UnixMilli())
}

// exchange passes the count of members at other nodes to the room, and takes the room's own counts. node is
// this node.
func (p *presence) exchange(room *rooms.Room, node uint64) {
	elsewhere := 0
	for _, w := range p.others {
		elsewhere += w.members
	}
	here, joined, left := room.ExchangeCounts(elsewhere, p.isAnnouncer(node))
	p.local, p.joined, p.left = here, p.joined+joined, p.left+left
}

// isAnnouncer reports whether node announces joins and leaves: its number is the smallest among the nodes with
// members.
func (p *presence) isAnnouncer(node uint64) bool {
	for other, w := range p.others {
		if other < node && w.members > 0 {
			return false
		}
	}
	return true
}

// forgetDead forgets the reports of dead nodes. It reports whether there were any.
func (p *presence) forgetDead(alive map[uint64]bool) (any bool) {
	for id := range p.others {
		if !alive[id] {
			delete(p.others, id)
			any = true
		}
	}
	return any
}

// plan decides whether a report is due.
func (p *presence) plan(now moment) {
	news := p.local != p.reported || p.joined+p.left > 0
	p.due = p.due || p.wantsReports || now-p.reportedAt > countEvery && news || now-p.reportedAt > countAgain && p.local > 0
}

// store stores the report of another node, and returns that node's previous report.
func (p *presence) store(id uint64, now report) (before report) {
	before = p.others[id]
	switch {
	case now.members == 0 && now.names == nil:
		delete(p.others, id)
	case p.others == nil:
		p.others = map[uint64]report{id: now}
	default:
		p.others[id] = now
	}
	return before
}

// makeReport returns this node's next report, in wire format. If it would be larger than limit bytes, it has no
// names.
func (p *presence) makeReport(node uint64, names rooms.Names, limit int, now moment) []byte {
	h := reportMessage{node: node, report: report{p.local, names}, joined: p.joined, left: p.left, wantsReports: p.wantsReports}
	p.reported, p.reportedAt, p.joined, p.left = p.local, now, 0, 0
	p.wantsReports, p.due = false, false
	return h.encode(limit)
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
