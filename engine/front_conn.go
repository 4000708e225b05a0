package engine

import (
	"errors"
	"net"
	"sync/atomic"
)

type frontConnKey struct{}

// frontConn is an accepted connection; it notes how its handshake went.
type frontConn struct {
	net.Conn
	asked    atomic.Bool // it sent something
	served   atomic.Bool // a request reached a handler
	timedOut atomic.Bool
}

func (c *frontConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.asked.Store(true)
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		c.timedOut.Store(true)
	}
	return n, err
}

// CloseWrite sends FIN. net/http does so behind an answer to a request that it has not
// read to its end, and closes later: at once would be RST, which can overtake the answer.
func (c *frontConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// frontListener counts the accepts that fail. net/http rests after one that is
// temporary, as for want of a descriptor: 5 ms, then twice as long up to 1 s.
type frontListener struct {
	net.Listener
	front *front
}

func (l *frontListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		if !errors.Is(err, net.ErrClosed) {
			l.front.engine.stats.acceptsFailed.Add(1)
			l.front.engine.cfg.Logger.Warn("accept failed", "error", err)
			l.front.dismissIdle()
		}
		return nil, err
	}
	return &frontConn{Conn: c}, nil
}
