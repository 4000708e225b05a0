package accept

import "golang.org/x/sys/unix"

// The pollers accept in rotation. The connections that a poller accepts stay with it. If two pollers accepted at the same
// time, each of them would sleep and be woken for nearly every connection, which costs more than the rest of its work. So
// one acceptor listens at a time, until its turn passes to the next:
//
//   - after its share, so that the pollers have about the same number of connections
//   - after maxAccepts connections in a row, because it may be too slow alone
//   - after a tick of the engine's clock if connections wait, because its poller may be busy
//
// In the last two cases it still listens, like any acceptor, until it finds no connection waiting. So all pollers accept
// while more connections arrive than fewer could accept.

// shares is the number of turns in which an acceptor would accept the connections of an average poller.
const shares = 4

// listen registers a with its poller. mu is held.
func (s *Server) listen(a *acceptor) error {
	err := s.pollers.Share(a.nc)
	a.listens = err == nil
	return err
}

// rest undoes listen. mu is held.
func (s *Server) rest(a *acceptor) {
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

// foundMany is called by a after it has accepted maxAccepts connections in a row.
func (s *Server) foundMany(a *acceptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped && a.poller == s.turn {
		s.passTurn()
	}
}

// foundNone is called by a when no connection is waiting.
func (s *Server) foundNone(a *acceptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.passAfterShare()
	if a.poller != s.turn && a.listens {
		s.rest(a)
	}
}

// passAfterShare passes the turn if the acceptor whose turn it is has accepted its share. mu is held.
func (s *Server) passAfterShare() {
	if s.taken >= max(1, (s.pending+s.cfg.Upgraded())/(shares*len(s.acceptors))) {
		s.passTurn()
	}
}

// relieve passes the turn if connections are waiting. It is called in each tick. mu is held.
func (s *Server) relieve() {
	if len(s.acceptors) < 2 { // there is no other, or the Server has stopped
		return
	}
	waiting := []unix.PollFd{{Fd: int32(s.acceptors[s.turn].nc.Hash()), Events: unix.POLLIN}}
	if n, err := unix.Poll(waiting, 0); n > 0 && err == nil {
		s.passTurn()
	}
}
