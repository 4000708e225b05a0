package natsbus

import (
	"context"

	"plenum/rooms"
	"plenum/rooms/natsbus/internal/query"
)

// reportSoon makes the sender send a report. mu is held.
func (s *subject) reportSoon() {
	s.presence.due = true
	s.bus.sends.push(s)
}

// nextReport returns the report to be sent, in wire format; nil if none is due.
func (s *subject) nextReport() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.presence
	if !p.due {
		return nil
	}
	var names rooms.Names
	if p.local = 0; s.follower != nil {
		p.exchange(s.follower, s.bus.node)
		names = s.follower.Names()
	}
	return p.makeReport(s.bus.node, names, s.bus.maxMessageSize(), s.bus.now())
}

// onReport handles another node's report. It may arrive before the first heartbeat of a node that is new or has
// reconnected.
func (s *subject) onReport(b []byte) {
	h, ok := parseReport(b, s.bus.node)
	if !ok {
		return
	}
	s.bus.noteAlive(h.node)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.presence.onReport(s.follower, s.bus.node, h) {
		s.reportSoon()
	}
}

// span connects the follower's names with the names at other nodes, in both directions. mu is held.
func (s *subject) span() {
	s.follower.SetNode(s.bus.node, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reportSoon()
	})
	if s.presence.updateNames(s.follower) {
		s.reportSoon()
	}
}

// listsUsers reports whether the follower tells newcomers the users of the room, so that they must be known when it is open.
func (s *subject) listsUsers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.follower != nil && s.follower.ListsUsers()
}

// learnUsers asks all nodes for their reports, and waits for the answers as long as Directory does. The reports that follow
// asks for may arrive later than the room's history. A node that has just become up first waits until it knows the others.
func (s *subject) learnUsers(ctx context.Context) {
	s.bus.meetNodes(ctx)
	if s.bus.nodes.count(s.bus.now()) == 1 {
		return
	}
	answers, _, _ := s.bus.ask(ctx, query.Question{Kind: query.Report, Room: s.room}) // none if the bus is away
	for _, a := range answers {
		s.onAnswer(a.Report)
	}
}

// onAnswer handles a node's answer of learnUsers. If the node has reported meanwhile, that may be newer.
func (s *subject) onAnswer(b []byte) {
	h, ok := parseReport(b, s.bus.node)
	if !ok {
		return
	}
	s.bus.noteAlive(h.node) // else the next tick may forget its report
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.presence.others[h.node]; !known && s.presence.onReport(s.follower, s.bus.node, h) {
		s.reportSoon()
	}
}

// currentReport returns a report for learnUsers, in wire format. The answer has it in base64, and must not be larger than a
// message.
func (s *subject) currentReport() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.follower == nil {
		return nil
	}
	s.presence.exchange(s.follower, s.bus.node)
	h := reportMessage{node: s.bus.node, report: report{s.presence.local, s.follower.Names()}}
	return h.encode(s.bus.maxMessageSize() / 2)
}
