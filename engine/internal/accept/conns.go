package accept

// add adds an accepted connection to the half-open ones. If there are too many, it closes the oldest of them. If there
// are too many sockets, it closes an idle connection. If the Server has stopped, it closes c.
func (s *Server) add(c *conn) {
	s.mu.Lock()
	c.element = s.halfOpen.PushBack(c)
	var evicted *conn
	if s.halfOpen.Len() > s.cfg.MaxHandshakes {
		evicted = s.evictOldest()
	}
	s.pending++
	sockets := s.pending + s.cfg.Upgraded()
	if s.stopped {
		_ = c.Close()
	}
	s.mu.Unlock()
	if evicted != nil {
		s.refused(Evicted, evicted, nil)
	}
	if sockets > s.cfg.MaxSockets {
		s.evictIdle()
	}
}

// move moves c to the given set, which may be idle or serving. nil means that net/http is handling a request of c.
func (s *Server) move(c *conn, to map[*conn]struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlist(c)
	if to != nil {
		to[c] = struct{}{}
	}
}

// unlist removes c from halfOpen and idle. mu is held.
func (s *Server) unlist(c *conn) {
	delete(s.idle, c)
	if c.element == nil {
		return
	}
	s.halfOpen.Remove(c.element)
	c.element = nil
	if s.halfOpen.Len() == s.cfg.MaxHandshakes-1 {
		select {
		case s.slotFree <- struct{}{}:
		default: // a notification is pending already
		}
	}
}

// remove removes c from the tables, because it is closed or hijacked.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlist(c)
	delete(s.serving, c)
	s.pending--
}

// evictIdle closes one idle connection, if there is one.
func (s *Server) evictIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.idle {
		delete(s.idle, c)
		_ = c.Close()
		return
	}
}

// evictOldest closes the oldest half-open connection and returns it. mu is held.
func (s *Server) evictOldest() *conn {
	c := s.halfOpen.Front().Value.(*conn)
	s.unlist(c)
	c.evicted.Store(true)
	_ = c.Close()
	return c
}

// closeHalfOpen closes all half-open connections, and makes add close later ones.
func (s *Server) closeHalfOpen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for e := s.halfOpen.Front(); e != nil; e = e.Next() {
		_ = e.Value.(*conn).Close()
	}
}

func (s *Server) hasStopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}
