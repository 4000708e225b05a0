package accept

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/time/rate"
)

// add adds an accepted connection to the half-open ones. If there are too many, it ends the oldest of them. If there
// are too many sockets, it closes an idle connection. If the Server has stopped, it closes c and returns false.
func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	if c.nc != nil {
		s.reserved--
	}
	if s.stopped {
		c.removed = true
		s.mu.Unlock()
		_ = c.Close()
		return false
	}
	s.halfOpen.push(c)
	var evicted *conn
	if s.halfOpen.len > s.cfg.MaxHandshakes {
		evicted = s.evictOldest()
	}
	s.pending++
	sockets := s.pending + s.cfg.Upgraded()
	s.mu.Unlock()
	if evicted != nil {
		s.refused(Evicted, evicted, nil)
	}
	if sockets > s.cfg.MaxSockets {
		s.evictIdle()
	}
	return true
}

// rateDelay returns how long the connection that was just accepted must wait because of the accept rate. If it must wait,
// rateDelay counts it.
func (s *Server) rateDelay() time.Duration {
	limiter := s.cfg.Rate()
	if limiter.Limit() == rate.Inf {
		return 0
	}
	delay := limiter.Reserve().Delay()
	if delay > 0 {
		s.delayed.Add(1)
	}
	return delay
}

// handshakeGrace is the time for which a half-open connection is not evicted, however many others wait. It is enough for
// some round trips and one lost packet.
const handshakeGrace = 2 * time.Second

// untilSlot returns 0 if another connection may be accepted. Otherwise it returns the time until the oldest half-open
// connection may be evicted. mu is held.
func (s *Server) untilSlot() time.Duration {
	if s.halfOpen.len+s.reserved < s.cfg.MaxHandshakes {
		return 0
	}
	if s.reserved > 0 || s.halfOpen.first == nil { // the slot of the oldest may be reserved already
		return time.Millisecond
	}
	return max(handshakeGrace-time.Since(s.halfOpen.first.accepted), 0)
}

// claim takes c from the half-open connections, because its request is complete, and counts it in running. It returns
// false if the Server has ended c already.
func (s *Server) claim(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ended != notEnded {
		return false
	}
	c.served.Store(true)
	s.unlist(c)
	s.running.Add(1)
	return true
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

// unlist removes c from halfOpen and idle. If that frees a slot for a half-open connection, unlist notifies the listener and
// the acceptors that wait for one. mu is held.
func (s *Server) unlist(c *conn) {
	delete(s.idle, c)
	if !s.halfOpen.remove(c) || s.halfOpen.len != s.cfg.MaxHandshakes-1 {
		return
	}
	select {
	case s.slotFree <- struct{}{}:
	default: // a notification is pending already
	}
	for _, a := range s.acceptors {
		if a.paused != nil && a.paused.forSlot && !s.stopped {
			s.unpause(a)
		}
	}
}

// upgraded removes c, which its poller has upgraded, and counts it for the turn of the acceptors.
func (s *Server) upgraded(c *conn) {
	s.remove(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken++
}

// remove removes c from the tables, because it is closed or hijacked. A second call does nothing.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.removed {
		return
	}
	c.removed = true
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

// evictOldest ends the oldest half-open connection and returns it. mu is held.
func (s *Server) evictOldest() *conn {
	c := s.halfOpen.first
	c.evicted.Store(true)
	s.endHalfOpen(c, endedSilently)
	return c
}

// endHalfOpen ends a half-open connection. A poller closes its connections itself: otherwise a new connection could get
// the same descriptor while an event of this one is pending. mu is held.
func (s *Server) endHalfOpen(c *conn, why ended) {
	s.unlist(c)
	if c.nc == nil {
		_ = c.Close()
		return
	}
	c.ended = why
	c.nc.Lock()
	defer c.nc.Unlock()
	if closed, _ := c.nc.IsClosed(); !closed {
		_ = syscall.Shutdown(c.nc.Hash(), syscall.SHUT_RD) // the poller reads an end
	}
}

// Expire ends the half-open connections of pollers whose HandshakeTimeout is over. Call it often. For its own connections,
// net/http sets deadlines. Expire also makes another poller accept if connections are waiting.
func (s *Server) Expire(now time.Time) {
	var late []*conn
	s.mu.Lock()
	for c := s.halfOpen.first; c != nil && now.Sub(c.accepted) >= s.cfg.HandshakeTimeout; {
		next := c.next
		if c.nc != nil {
			s.endHalfOpen(c, endedByTimeout)
			late = append(late, c)
		}
		c = next
	}
	s.passIfWaiting()
	s.mu.Unlock()
	for _, c := range late {
		s.refused(TimedOut, c, os.ErrDeadlineExceeded)
	}
}

// closeHalfOpen ends all half-open connections, stops the acceptors, and makes add close later connections.
func (s *Server) closeHalfOpen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for s.halfOpen.first != nil {
		s.endHalfOpen(s.halfOpen.first, endedSilently)
	}
	for _, a := range s.acceptors {
		a.stop()
	}
	s.acceptors = nil
}

func (s *Server) hasStopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

func (s *Server) hasEnded(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.ended != notEnded
}
