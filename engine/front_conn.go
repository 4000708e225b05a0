package engine

import (
	"container/list"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"plenum/engine/internal/tlsrecord"
)

type frontConnKey struct{}

// frontConn is an accepted connection; it notes how its handshake went.
type frontConn struct {
	net.Conn
	head     []byte      // what an opening has read and net/http is to read first
	due      time.Time   // when the head must be whole; zero once net/http was told
	secret   bool        // it speaks TLS: what is said here, it cannot read
	shaken   bool        // and has made its handshake
	heard    atomic.Bool // it sent something
	asked    atomic.Bool // it sent some of a request
	served   atomic.Bool // a request reached the handler
	timedOut atomic.Bool
	taken    atomic.Bool // hijacked from net/http

	accepted  time.Time
	dismissed atomic.Bool   // closed for another's sake
	place     *list.Element // guarded by front.mu: in front.fresh
}

func (c *frontConn) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		c.head = c.head[n:]
		c.hear()
		return n, nil
	}
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.hear()
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		again := c.timedOut.Swap(true) // net/http may try more than once, and says nothing
		if !again && c.asked.Load() && !c.served.Load() && !c.secret {
			c.sayTimeout()
		}
	}
	return n, err
}

// hear notes that something came. What comes by TLS need not be of a request.
func (c *frontConn) hear() {
	c.heard.Store(true)
	if !c.secret {
		c.asked.Store(true)
	}
}

// sayTimeout tells who has begun a request that it took too long (RFC 9110 section
// 15.5.9).
func (c *frontConn) sayTimeout() {
	c.say([]byte("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
}

// answerTimeout bounds how long a client takes to read its answer.
const answerTimeout = time.Minute

func (c *frontConn) say(b []byte) {
	_ = c.SetWriteDeadline(time.Now().Add(answerTimeout))
	_, _ = c.Write(b) // to a client that has gone
}

// SetReadDeadline is net/http's, first for the request's head: an opening may have
// waited for a part of it already. Over TLS it is for the handshake first, then none, and
// then the head's: all are to be over when the head is due.
func (c *frontConn) SetReadDeadline(t time.Time) error {
	due := c.due
	if due.IsZero() {
		return c.Conn.SetReadDeadline(t)
	}
	if t.IsZero() {
		c.shaken = true
	} else if c.shaken || !c.secret {
		c.due = time.Time{}
	}
	if t.IsZero() || t.After(due) {
		t = due
	}
	return c.Conn.SetReadDeadline(t)
}

// CloseWrite sends FIN. net/http does so behind an answer to a request that it has not
// read to its end, and closes later: at once would be RST, which can overtake the answer.
func (c *frontConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// frontListener opens what it accepts, and hands net/http what is not plainly a
// handshake, and the accepts that fail: net/http rests after one that is temporary,
// as for want of a descriptor, 5 ms and then twice as long up to 1 s, and accept
// rests with it, because it waits until the error is taken.
type frontListener struct {
	net.Listener
	front  *front
	handed chan accepted
	closed chan struct{}
	once   sync.Once // of Close
}

type accepted struct {
	conn *frontConn
	err  error
}

// accept runs until the listener is closed.
func (l *frontListener) accept() {
	for {
		l.admit()
		nc, err := l.Listener.Accept()
		if err == nil {
			l.slowDown()
			c := &frontConn{Conn: nc, accepted: time.Now(), secret: l.front.engine.cfg.TLS != nil}
			l.front.enter(c)
			l.front.running.Go(func() { l.begin(c) })
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		l.front.dismissIdle()
		if !l.hand(accepted{err: err}) {
			return
		}
		l.front.engine.stats.acceptsFailed.Add(1)
		l.front.engine.cfg.Logger.Warn("accept failed", "error", err)
	}
}

// hand gives net/http one; false where it takes no more.
func (l *frontListener) hand(a accepted) bool {
	select {
	case l.handed <- a:
		return true
	case <-l.closed:
		return false
	}
}

// Accept is net/http's.
func (l *frontListener) Accept() (net.Conn, error) {
	select {
	case a := <-l.handed:
		if a.err != nil {
			return nil, a.err
		}
		if a.conn.secret {
			return tlsrecord.Server(a.conn, l.front.engine.cfg.TLS), nil
		}
		return a.conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close is net/http's.
func (l *frontListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
