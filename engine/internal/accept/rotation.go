package accept

import "golang.org/x/sys/unix"

// The pollers accept in rotation. The connections that a poller accepts stay with it. If several pollers listened at once,
// nearly every connection would wake a sleeping poller, which costs more than the rest of an accept. So one acceptor listens
// at a time. Its turn passes to the next acceptor
//
//   - when so many of its connections were upgraded that all pollers will have about the same number (see turnsPerPoller)
//   - after maxAccepts connections in a row, because one poller may be too slow
//   - when it pauses
//   - after a tick of the engine's clock if connections wait, because its poller may be busy
//
// An acceptor that has lost the turn listens on until no connection waits. So under load several pollers accept.

// turnsPerPoller is the number of turns in which a poller would get as many connections as it has on average.
const turnsPerPoller = 4

// listen makes the poller of a wait for connections. mu is held.
func (s *Server) listen(a *acceptor) error {
	err := s.pollers.Listen(a.nc)
	a.listens = err == nil
	return err
}

// ignore undoes listen. mu is held.
func (s *Server) ignore(a *acceptor) {
	_ = s.pollers.Ignore(a.nc)
	a.listens = false
}

// passTurn passes the turn to the next acceptor that is not paused, if there is one. mu is held.
func (s *Server) passTurn() {
	for i := 1; i < len(s.acceptors); i++ {
		next := s.acceptors[(s.turn+i)%len(s.acceptors)]
		if next.paused == nil && (next.listens || s.listen(next) == nil) {
			s.turn, s.taken = next.poller, 0
			return
		}
	}
}

// foundMany passes the turn of a, which has accepted maxAccepts connections in a row.
func (s *Server) foundMany(a *acceptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped && a.poller == s.turn {
		s.passTurn()
	}
}

// foundNone passes the turn if it is over, and ends the listening of a if the turn is another's. It is called when no
// connection waits for a.
func (s *Server) foundNone(a *acceptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || !a.listens {
		return
	}
	if s.taken >= max(1, (s.pending+s.cfg.Upgraded())/(turnsPerPoller*len(s.acceptors))) {
		s.passTurn()
	}
	switch {
	case a.poller == s.turn:
	case s.acceptors[s.turn].listens:
		s.ignore(a)
	default: // it is paused
		s.turn, s.taken = a.poller, 0
	}
}

// passIfWaiting passes the turn if connections wait. It is called in each tick. mu is held.
func (s *Server) passIfWaiting() {
	if len(s.acceptors) < 2 { // there is no other, or the Server has stopped
		return
	}
	waiting := []unix.PollFd{{Fd: int32(s.acceptors[s.turn].nc.Hash()), Events: unix.POLLIN}}
	if n, err := unix.Poll(waiting, 0); n > 0 && err == nil {
		s.passTurn()
	}
}
