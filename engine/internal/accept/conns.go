package accept

// add takes an accepted connection in. If it comes too late it is closed, as its
// goroutine will find.
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

// move puts c into a set, or, if to is nil, into none: a request of it is under way.
func (s *Server) move(c *conn, to map[*conn]struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlist(c)
	if to != nil {
		to[c] = struct{}{}
	}
}

// unlist takes c out of halfOpen and idle. mu is held.
func (s *Server) unlist(c *conn) {
	delete(s.idle, c)
	if c.element == nil {
		return
	}
	s.halfOpen.Remove(c.element)
	c.element = nil
	if s.halfOpen.Len() == s.cfg.MaxHandshakes-1 {
		select {
		case s.room <- struct{}{}:
		default: // it was told already
		}
	}
}

// remove forgets c, which is closed or hijacked.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlist(c)
	delete(s.serving, c)
	s.pending--
}

// evictIdle closes one connection that only waits for another request.
func (s *Server) evictIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.idle {
		delete(s.idle, c)
		_ = c.Close()
		return
	}
}

// evictOldest closes the oldest half-open handshake, and returns it. mu is held.
func (s *Server) evictOldest() *conn {
	c := s.halfOpen.Front().Value.(*conn)
	s.unlist(c)
	c.evicted.Store(true)
	_ = c.Close()
	return c
}

// closeHalfOpen closes the connections that have sent no request, and any that come from now on.
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
