package main

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

// server belongs to the thread of loop. Only stop is called from other goroutines.
type server struct {
	addr   net.Addr
	epoll  int
	listen int
	wake   int // an eventfd that ends the loop
	conns  []*conn
	rooms  room.Rooms[*conn]
	beat   peer.Beat[*conn]
	tick   time.Duration // between ticks of the heartbeat; 0: no pings
	buf    []byte        // for one read(2)
	due    []*conn
}

const backlog = 4096

func listen(o peer.Options) (*server, error) {
	at, err := netip.ParseAddrPort(o.Listen)
	if err != nil {
		return nil, err
	}
	s := &server{tick: peer.Every(o.PingPeriod), buf: make([]byte, 2*peer.MaxMessage)}
	if s.listen, err = bind(at); err != nil {
		return nil, err
	}
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if s.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, err
	}
	if s.addr, err = bound(s.listen); err != nil {
		return nil, err
	}
	return s, errors.Join(s.watch(unix.EPOLL_CTL_ADD, s.listen, unix.EPOLLIN), s.watch(unix.EPOLL_CTL_ADD, s.wake, unix.EPOLLIN))
}

func bind(at netip.AddrPort) (fd int, err error) {
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, err
	}
	return fd, errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.Bind(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}),
		unix.Listen(fd, backlog),
	)
}

func bound(fd int) (net.Addr, error) {
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, err
	}
	at := name.(*unix.SockaddrInet4)
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port))), nil
}

func (s *server) stop() { _, _ = unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (s *server) watch(op, fd int, events uint32) error {
	return unix.EpollCtl(s.epoll, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (s *server) loop() error {
	events := make([]unix.EpollEvent, 512)
	next := time.Now().Add(s.tick)
	for {
		n, err := unix.EpollWait(s.epoll, events, s.timeout(next))
		if err != nil && err != unix.EINTR {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			switch int(e.Fd) {
			case s.wake:
				return nil
			case s.listen:
				s.accept()
			default:
				s.ready(int(e.Fd), e.Events)
			}
		}
		if now := time.Now(); s.tick > 0 && !now.Before(next) {
			next = now.Add(s.tick)
			s.heartbeat()
		}
	}
}

// timeout returns the time in milliseconds that epoll may wait: until next, and at least one
// millisecond, so that the loop does not spin.
func (s *server) timeout(next time.Time) int {
	if s.tick <= 0 {
		return -1
	}
	return int(max(time.Until(next).Milliseconds(), 0)) + 1
}

func (s *server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listen, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return // EAGAIN, or no descriptors are left and the client waits
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if s.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN) != nil {
			_ = unix.Close(fd)
			continue
		}
		for len(s.conns) <= fd {
			s.conns = append(s.conns, nil)
		}
		c := &conn{fd: fd}
		c.slot = s.beat.Add(c)
		s.conns[fd] = c
	}
}

func (s *server) ready(fd int, events uint32) {
	c := s.conns[fd]
	if c == nil {
		return
	}
	if events&unix.EPOLLOUT != 0 {
		s.flush(c)
	}
	if events&^unix.EPOLLOUT != 0 && !c.closed {
		s.read(c)
	}
}

// heartbeat pings the members of the current slot. It closes members of the slot that have been
// silent since their last ping.
func (s *server) heartbeat() {
	s.due = s.beat.Tick(s.due[:0])
	for _, c := range s.due {
		if c.pinged {
			s.close(c)
			continue
		}
		c.pinged = true
		if c.upgraded {
			s.send(c, pingFrame)
		}
	}
}

func (s *server) close(c *conn) {
	if c.closed {
		return
	}
	c.closed = true
	s.conns[c.fd] = nil
	s.beat.Remove(c, c.slot)
	if c.room != nil {
		c.room.Leave(c)
	}
	_ = unix.Close(c.fd)
}
