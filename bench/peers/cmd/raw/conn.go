package main

import (
	"time"

	"golang.org/x/sys/unix"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

// maxPending bounds the unsent bytes of a slow client, which is closed above it.
const maxPending = 1 << 20

// conn is one connection. It has a buffer only while a frame is incomplete or a write has not been
// accepted completely.
type conn struct {
	fd       int
	slot     int
	in       []byte // incomplete head or frame
	out      []byte // bytes that write(2) did not accept
	room     *room.Room[*conn]
	user     string
	upgraded bool
	pinged   bool // and has been silent since
	closed   bool
}

func (s *server) read(c *conn) {
	n, err := unix.Read(c.fd, s.buf)
	if err == unix.EAGAIN || err == unix.EINTR {
		return
	}
	if err != nil || n == 0 {
		s.close(c)
		return
	}
	c.pinged = false
	data := s.buf[:n]
	if len(c.in) > 0 {
		data = append(c.in, data...)
	}
	rest, ok := s.handle(c, data)
	if !ok {
		s.close(c)
		return
	}
	c.in = append(c.in[:0:0], rest...)
	if len(rest) == 0 {
		c.in = nil
	}
}

// handle processes complete heads and frames of data and returns the rest. It overwrites data.
// ok is false if the connection must be closed.
func (s *server) handle(c *conn, data []byte) (rest []byte, ok bool) {
	if !c.upgraded {
		if data, ok = s.upgrade(c, data); !ok || !c.upgraded {
			return data, ok
		}
	}
	for !c.closed {
		f, n, ok := parse(data)
		if !ok {
			return nil, false
		}
		if n == 0 {
			return data, true
		}
		if !s.frame(c, f) {
			return nil, false
		}
		data = data[n:]
	}
	return nil, true
}

func (s *server) frame(c *conn, f frame) bool {
	switch {
	case f.opcode == opPong:
	case f.opcode == opPing:
		s.send(c, appendFrame(nil, opPong, f.payload))
	case f.opcode == opClose:
		s.send(c, appendFrame(nil, opClose, f.payload))
		return false
	case c.room == nil:
		s.send(c, appendFrame(nil, f.opcode, f.payload))
	case f.opcode == opText:
		c.room.Publish(c.user, string(f.payload), time.Now(), s.broadcast)
	}
	return true
}

func (s *server) broadcast(envelope []byte, members []*conn) {
	framed := appendFrame(make([]byte, 0, len(envelope)+maxHeader), opText, envelope)
	for _, c := range members {
		s.send(c, framed)
	}
}

// send writes framed, and keeps the bytes that the socket does not accept.
func (s *server) send(c *conn, framed []byte) {
	if c.closed {
		return
	}
	if len(c.out) > 0 {
		s.keep(c, framed)
		return
	}
	n, err := unix.Write(c.fd, framed)
	if n == len(framed) {
		return
	}
	if err != nil && err != unix.EAGAIN && err != unix.EINTR {
		s.close(c)
		return
	}
	s.keep(c, framed[max(n, 0):])
}

func (s *server) keep(c *conn, framed []byte) {
	if len(c.out)+len(framed) > maxPending {
		peer.Slow.Add(1)
		s.close(c)
		return
	}
	if len(c.out) == 0 {
		_ = s.watch(unix.EPOLL_CTL_MOD, c.fd, unix.EPOLLIN|unix.EPOLLOUT)
	}
	c.out = append(c.out, framed...)
}

func (s *server) flush(c *conn) {
	n, err := unix.Write(c.fd, c.out)
	if err == unix.EAGAIN || err == unix.EINTR {
		return
	}
	if err != nil {
		s.close(c)
		return
	}
	c.out = c.out[n:]
	if len(c.out) == 0 {
		c.out = nil
		_ = s.watch(unix.EPOLL_CTL_MOD, c.fd, unix.EPOLLIN)
	}
}
