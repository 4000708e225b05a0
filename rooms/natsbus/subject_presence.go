package natsbus

import "plenum/rooms"

// tellSoon has the sender tell the others who is here. mu is held.
func (s *subject) reportSoon() {
	s.presence.due = true
	s.bus.sends.push(s)
}

// word returns what the others are to be told of who is here; nil if they are not.
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

// onHere handles another node's word. It may come before the first beat of a node that is new, or
// back.
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

// span has the follower's names be known to the other nodes, and theirs to the follower. mu is held.
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
