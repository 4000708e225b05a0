package natsbus

import "plenum/rooms"

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
	s.bus.mu.Lock()
	s.bus.nodes.noteAlive(h.node, s.bus.now())
	s.bus.mu.Unlock()
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
