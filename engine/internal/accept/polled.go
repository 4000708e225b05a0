package accept

import (
	"bytes"
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/lesismal/nbio"
)

// Session is the session of an nbio.Conn that belongs to a Server. Its poller calls the methods.
type Session interface {
	// Readable handles an event. It returns true if the socket may have more bytes, which a new session must then read.
	Readable(nc *nbio.Conn) (more bool)
	// Closed is called when nc is closed.
	Closed()
}

// Closed implements Session: nbio has closed the connection, for example because the peer has left.
func (c *conn) Closed() { c.server.remove(c) }

// Readable implements Session: it reads the head of the first request. It reads until the socket is empty or the head is
// complete. No further event comes for bytes that it leaves in the socket. If the peer has sent FIN, nbio closes the
// connection afterwards.
func (c *conn) Readable(nc *nbio.Conn) (more bool) {
	buf := c.server.pollers.Buffer(nc)
	for {
		have := copy(buf, c.head)
		n, err := nc.Read(buf[have:])
		switch {
		case n > 0:
			if data := buf[:have+n]; c.server.received(c, data) {
				return len(data) == len(buf)
			}
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return false
		case err == nil && have > 0 && !c.server.hasEnded(c):
			c.server.toNetHTTP(c, c.head) // which answers that the request is incomplete
			return false
		default:
			if have > 0 && errors.Is(err, syscall.ECONNRESET) && !c.server.hasEnded(c) {
				c.server.refused(BadRequest, c, err)
			}
			c.server.end(c)
			return false
		}
	}
}

// received handles bytes of the first request. data is all bytes received so far. It is the poller's buffer. received returns
// false if the head is incomplete.
func (s *Server) received(c *conn, data []byte) bool {
	size, plain := findEnd(data[:min(len(data), maxHead)])
	if size == 0 && plain && len(data) < maxHead {
		c.head = append(c.head[:0], data...)
		return false
	}
	if size > 0 {
		h := s.newHandshake()
		if h.parse(data[:size]) {
			s.serveHandshake(c, h, data[size:])
			return true
		}
		h.recycle()
	}
	s.toNetHTTP(c, data)
	return true
}

// toNetHTTP passes c to net/http. head is the bytes that were read, and is copied.
func (s *Server) toNetHTTP(c *conn, head []byte) {
	c.head, c.headDeadline = bytes.Clone(head), c.accepted.Add(s.cfg.HandshakeTimeout)
	if s.leave(c) {
		s.listener.pass(c)
	}
}

// leave takes c from its poller: it becomes a net.Conn. If that is not possible, leave closes and removes c, and returns
// false. It runs on the poller.
func (s *Server) leave(c *conn) bool {
	c.nc.SetSession(nil)
	nc, err := s.release(c.nc)
	if err != nil {
		s.refused(Unmovable, c, err)
		s.remove(c)
		return false
	}
	s.mu.Lock()
	c.Conn, c.nc = nc, nil
	ended := c.ended != notEnded
	s.mu.Unlock()
	if ended {
		s.remove(c)
		_ = nc.Close()
	}
	return !ended
}

// release makes nc a net.Conn. If no descriptor is left for that, it answers 503 and closes nc.
func (s *Server) release(nc *nbio.Conn) (net.Conn, error) {
	fd, err := s.pollers.Release(nc)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "connection")
	defer file.Close()
	std, err := net.FileConn(file) // a duplicate
	if err != nil {
		_, _ = syscall.Write(fd, []byte(unavailable))
		return nil, err
	}
	if tcp, ok := std.(*net.TCPConn); ok {
		_ = tcp.SetKeepAlive(false) // FileConn has turned it on; deadlines and heartbeats detect dead peers
	}
	return std, nil
}

// end closes a half-open connection on its poller. If the Server has ended it by a timeout and a part of the request has
// arrived, end answers 408 first.
func (s *Server) end(c *conn) {
	s.mu.Lock()
	late := c.ended == endedByTimeout
	s.mu.Unlock()
	if late && len(c.head) > 0 {
		_, _ = c.writeNow([]byte(requestTimeout))
	}
	s.remove(c)
	_ = c.nc.Close()
}

// writeNow writes the bytes that the socket accepts at once. It runs on the poller.
func (c *conn) writeNow(b []byte) (n int, err error) {
	c.nc.Lock() // keeps the descriptor open
	defer c.nc.Unlock()
	if closed, _ := c.nc.IsClosed(); closed {
		return 0, net.ErrClosed
	}
	return syscall.Write(c.nc.Hash(), b)
}
