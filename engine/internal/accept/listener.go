package accept

import (
	"errors"
	"net"
	"sync"
	"time"

	"plenum/engine/internal/tlsrecord"
)

// listener accepts. It serves plain handshakes by itself, and passes net/http everything else,
// and the accepts that fail: after an error that is temporary, for instance because there is no descriptor,
// net/http waits for 5 ms and then twice as long up to 1 s, and acceptAll
// waits with it, because it continues when the error is taken.
type listener struct {
	net.Listener
	server *Server
	passed chan accepted
	closed chan struct{}
	once   sync.Once // of Close
}

type accepted struct {
	conn *conn
	err  error
}

// acceptAll runs until the listener is closed.
func (l *listener) acceptAll() {
	for {
		l.waitForRoom()
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

// pass gives net/http one connection or error; false if it takes no more.
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

// handshakeGrace is how long a handshake is left alone, however many others wait: some
// round trips, and one lost packet.
const handshakeGrace = 2 * time.Second

// waitForRoom waits until another connection may be accepted: until fewer than
// MaxHandshakes have yet to send their first request, or one of them has had its grace.
func (l *listener) waitForRoom() {
	for wait := l.server.noRoomFor(); wait > 0; wait = l.server.noRoomFor() {
		if !l.wait(wait, l.server.room) {
			return
		}
	}
}

// keepRate delays a connection that was accepted, and those after it, as the
// rate demands.
func (l *listener) keepRate() {
	if delay := l.server.cfg.Rate().Reserve().Delay(); delay > 0 {
		l.server.delayed.Add(1)
		l.wait(delay, nil)
	}
}

// wait waits for d, or until earlier has something; false if the listener is
// closed.
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

// noRoomFor is how long it takes until the oldest of too many half-open handshakes has
// had its grace.
func (s *Server) noRoomFor() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halfOpen.Len() < s.cfg.MaxHandshakes {
		return 0
	}
	return max(handshakeGrace-time.Since(s.halfOpen.Front().Value.(*conn).accepted), 0)
}
