package accept

import (
	"errors"
	"net"
	"sync"
	"time"

	"plenum/engine/internal/tlsrecord"
)

// listener accepts connections. It is the net.Listener that net/http's server accepts from. It serves plain handshakes
// itself, and passes all other connections to net/http.
//
// It also passes errors to net/http. After a temporary error, for instance because no descriptor is left, net/http waits
// before it accepts again. The delay is 5 ms at first and doubles up to 1 s. acceptAll waits as long, because it
// continues only when net/http receives the error.
type listener struct {
	net.Listener
	server *Server
	passed chan accepted // to net/http
	closed chan struct{}
	once   sync.Once // guards closing closed
}

// accepted is the result of one accept: a connection or an error.
type accepted struct {
	conn *conn
	err  error
}

// acceptAll accepts connections until the listener is closed.
func (l *listener) acceptAll() {
	for {
		l.waitForSlot()
		nc, err := l.Listener.Accept()
		if err == nil {
			l.keepRate()
			c := &conn{Conn: nc, accepted: time.Now(), tls: l.server.cfg.TLS != nil}
			l.server.add(c)
			l.server.running.Go(func() { l.serve(c) })
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		l.server.evictIdle()
		if !l.pass(accepted{err: err}) {
			return
		}
		l.server.failed.Add(1)
		l.server.cfg.Logger.Warn("accept failed, retrying: raise the descriptor limit if too many files are open", "error", err)
	}
}

// pass passes one connection or error to net/http. It returns false if the listener is closed.
func (l *listener) pass(a accepted) bool {
	select {
	case l.passed <- a:
		return true
	case <-l.closed:
		return false
	}
}

// Accept is called by net/http.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case a := <-l.passed:
		if a.err != nil {
			return nil, a.err
		}
		if a.conn.tls {
			return tlsrecord.Server(a.conn, l.server.cfg.TLS), nil
		}
		return a.conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close is called by net/http.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// handshakeGrace is the time for which a half-open connection is not evicted, however many others wait. It is enough for
// some round trips and one lost packet.
const handshakeGrace = 2 * time.Second

// waitForSlot waits until another connection may be accepted. That is when fewer than MaxHandshakes are half-open, or
// when the oldest of them may be evicted.
func (l *listener) waitForSlot() {
	for wait := l.server.untilSlot(); wait > 0; wait = l.server.untilSlot() {
		if !l.wait(wait, l.server.slotFree) {
			return
		}
	}
}

// keepRate enforces the rate of accepts. It delays the connection that was just accepted, and with it the next accepts.
func (l *listener) keepRate() {
	if delay := l.server.cfg.Rate().Reserve().Delay(); delay > 0 {
		l.server.delayed.Add(1)
		l.wait(delay, nil)
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

// untilSlot returns 0 if another connection may be accepted. Otherwise it returns the time until the oldest half-open
// connection may be evicted.
func (s *Server) untilSlot() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halfOpen.Len() < s.cfg.MaxHandshakes {
		return 0
	}
	return max(handshakeGrace-time.Since(s.halfOpen.Front().Value.(*conn).accepted), 0)
}
