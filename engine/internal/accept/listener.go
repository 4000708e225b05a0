package accept

import (
	"errors"
	"net"
	"sync"
	"time"

	"plenum/engine/internal/tlsrecord"
)

// listener is the net.Listener that net/http's server accepts from. If the pollers accept, it passes on the connections
// that they do not serve themselves. Otherwise it accepts them.
//
// After a temporary error, for instance because no descriptor is left, net/http waits before it accepts again. The delay
// is 5 ms at first and doubles up to 1 s.
type listener struct {
	net.Listener
	server *Server
	shared bool          // the pollers accept
	ready  chan struct{} // notifies Accept that passed is not empty
	closed chan struct{}
	once   sync.Once // guards closing closed

	mu      sync.Mutex
	passed  []*conn
	refuses bool // the listener is closed
}

func newListener(s *Server, ln net.Listener) *listener {
	return &listener{Listener: ln, server: s, ready: make(chan struct{}, 1), closed: make(chan struct{})}
}

// pass passes a connection from a poller to net/http. It does not wait.
func (l *listener) pass(c *conn) {
	l.mu.Lock()
	l.passed = append(l.passed, c)
	refuses := l.refuses
	l.mu.Unlock()
	if refuses {
		l.drop()
	}
	select {
	case l.ready <- struct{}{}:
	default: // a notification is pending already
	}
}

// next returns a connection that was passed, or nil.
func (l *listener) next() (c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.passed) == 0 {
		l.passed = nil
		return nil
	}
	c, l.passed[0] = l.passed[0], nil
	l.passed = l.passed[1:]
	return c
}

// Accept is called by net/http.
func (l *listener) Accept() (net.Conn, error) {
	if !l.shared {
		return l.acceptOne()
	}
	for {
		if c := l.next(); c != nil {
			return c, nil
		}
		select {
		case <-l.ready:
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
}

// acceptOne accepts a connection.
func (l *listener) acceptOne() (net.Conn, error) {
	s := l.server
	l.waitForSlot()
	nc, err := l.Listener.Accept()
	if err != nil {
		if !errors.Is(err, net.ErrClosed) {
			s.evictIdle()
			s.countFailed(err)
		}
		return nil, err
	}
	if delay := s.rateDelay(); delay > 0 {
		l.wait(delay, nil)
	}
	c := &conn{Conn: nc, server: s, accepted: time.Now(), tls: s.cfg.TLS != nil}
	c.headDeadline = c.accepted.Add(s.cfg.HandshakeTimeout)
	s.add(c)
	if c.tls {
		return tlsrecord.Server(c, s.cfg.TLS), nil
	}
	return c, nil
}

// Close is called by net/http.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	l.mu.Lock()
	l.refuses = true
	l.mu.Unlock()
	l.drop()
	if l.shared {
		return nil // it was closed when the pollers took it over
	}
	return l.Listener.Close()
}

// drop closes the connections that net/http will not accept any more.
func (l *listener) drop() {
	for c := l.next(); c != nil; c = l.next() {
		l.server.remove(c)
		_ = c.Close()
	}
}

// waitForSlot waits until another connection may be accepted. That is when fewer than MaxHandshakes are half-open, or
// when the oldest of them may be evicted.
func (l *listener) waitForSlot() {
	for {
		l.server.mu.Lock()
		wait := l.server.untilSlot()
		l.server.mu.Unlock()
		if wait == 0 || !l.wait(wait, l.server.slotFree) {
			return
		}
	}
}

// wait waits for d, or until it receives from earlier. It returns false if the listener is closed.
func (l *listener) wait(d time.Duration, earlier <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-earlier:
	case <-l.closed:
		return false
	}
	return true
}
