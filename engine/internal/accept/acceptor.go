package accept

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/lesismal/nbio"
	"golang.org/x/sys/unix"

	"plenum/engine/internal/adopt"
)

// maxAccepts is the number of connections that a poller accepts before it handles other events.
const maxAccepts = 64

// acceptor accepts connections on one poller. Each acceptor has a duplicate of the listener's descriptor, because nbio
// knows a Conn by its descriptor. After an error and at a bound, an acceptor pauses: its descriptor leaves the epoll
// instance. If the acceptor has the turn, the turn passes to another one.
type acceptor struct {
	// Set at creation.
	server *Server
	poller int // its number, and the index in Server.acceptors
	nc     *nbio.Conn

	// Owned by the poller.
	from    unix.RawSockaddrAny
	backoff time.Duration // until the next accept after an error

	// Guarded by Server.mu.
	listens bool   // its descriptor is in the epoll instance
	paused  *pause // nil: not paused; otherwise it does not listen
}

// pause is a time in which an acceptor accepts nothing. Server.mu guards the fields.
type pause struct {
	timer   *time.Timer // ends it
	forSlot bool        // it also ends when a slot is free
	delayed *conn       // the accepted connection that waits for the end, or nil
}

// share makes all pollers accept from ln, and closes ln. It does nothing and returns false if ln is not a *net.TCPListener, if
// there are no pollers, or with TLS.
func (s *Server) share(ln net.Listener) (shared bool, err error) {
	tcp, ok := ln.(*net.TCPListener)
	if !ok || s.pollers == nil || s.cfg.TLS != nil {
		return false, nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false, err
	}
	var all []*acceptor
	controlErr := raw.Control(func(fd uintptr) {
		s.inherit = s.cfg.SetOptions(int(fd)) == nil && !isMultipath(int(fd))
		for i := range s.pollers.Len() {
			var own int
			if own, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err != nil {
				return
			}
			all = append(all, &acceptor{server: s, poller: i, nc: adopt.Conn(own)})
		}
	})
	if err = errors.Join(controlErr, err); err != nil {
		for _, a := range all {
			_ = a.nc.Close()
		}
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range all {
		if s.stopped {
			_ = a.nc.Close()
			continue
		}
		err = errors.Join(err, a.start())
	}
	if !s.stopped {
		s.acceptors = all
		if err == nil {
			err = s.listen(all[0])
		}
	}
	return true, errors.Join(err, tcp.Close()) // Go's netpoller would wake a thread for each connection
}

// isMultipath reports whether a listener uses multipath TCP. Plain TCP connections do not inherit its options.
func isMultipath(fd int) bool {
	protocol, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	return err != nil || protocol == unix.IPPROTO_MPTCP
}

// start gives the descriptor to nbio, and removes it from the epoll instance. The acceptor does not listen yet.
func (a *acceptor) start() error {
	a.nc.SetSession(a)
	if err := a.server.pollers.Add(a.nc, a.poller); err != nil {
		return err
	}
	return a.server.pollers.Ignore(a.nc)
}

// stop closes the connections that still wait for accept, and the descriptor. Closing the listener alone would reset these
// connections. Server.mu is held.
func (a *acceptor) stop() {
	if closed, _ := a.nc.IsClosed(); closed {
		return
	}
	for range 4096 { // the largest accept queue, by default
		fd, _, err := syscall.Accept4(a.nc.Hash(), syscall.SOCK_CLOEXEC)
		if err != nil {
			break
		}
		_ = syscall.Close(fd)
	}
	if a.listens {
		a.server.ignore(a) // closing does not, because the duplicates share one file
	}
	if p := a.paused; p != nil {
		p.timer.Stop()
		if p.delayed != nil {
			_ = p.delayed.Close()
		}
	}
	_ = a.nc.Close()
}

// Closed implements Session.
func (a *acceptor) Closed() {}

// Readable implements Session: it accepts the connections that wait.
func (a *acceptor) Readable(*nbio.Conn) (more bool) {
	s := a.server
	for range maxAccepts {
		if wait := s.reserve(); wait > 0 {
			s.pause(a, wait, &pause{forSlot: true})
			return false
		}
		c, err := a.accept()
		if err != nil {
			s.unreserve()
		}
		if c != nil {
			if delay := s.rateDelay(); delay > 0 {
				s.pause(a, delay, &pause{delayed: c})
				return false
			}
			err = s.open(c, a.poller)
		}
		switch {
		case err == nil:
			a.backoff = 0
		case errors.Is(err, syscall.EAGAIN):
			s.foundNone(a)
			return false
		case errors.Is(err, net.ErrClosed):
			return false
		case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ECONNABORTED):
		default:
			a.backoff = min(max(5*time.Millisecond, 2*a.backoff), time.Second) // as net/http
			s.evictIdle()
			s.countFailed(fmt.Errorf("accept: %w", err))
			s.pause(a, a.backoff, &pause{})
			return false
		}
	}
	s.foundMany(a)
	return false
}

// accept is accept4(2). nbio's lock keeps the descriptor open meanwhile.
func (a *acceptor) accept() (*conn, error) {
	a.nc.Lock()
	defer a.nc.Unlock()
	if closed, _ := a.nc.IsClosed(); closed {
		return nil, net.ErrClosed
	}
	size := uint32(unsafe.Sizeof(a.from))
	r, _, e := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(a.nc.Hash()), uintptr(unsafe.Pointer(&a.from)),
		uintptr(unsafe.Pointer(&size)), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
	if e != 0 {
		return nil, e
	}
	return &conn{server: a.server, from: addrPort(&a.from), nc: adopt.Conn(int(r))}, nil
}

// addrPort converts an address of the kernel. If the listener accepts IPv4 and IPv6, it returns an IPv4 address as plain IPv4.
func addrPort(from *unix.RawSockaddrAny) netip.AddrPort {
	switch from.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), port(in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(from))
		ip := netip.AddrFrom16(in.Addr).Unmap()
		if in.Scope_id != 0 {
			ip = ip.WithZone(strconv.Itoa(int(in.Scope_id)))
		}
		return netip.AddrPortFrom(ip, port(in.Port))
	}
	return netip.AddrPort{}
}

// port converts from the byte order of the network.
func port(p uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&p))
	return uint16(b[0])<<8 | uint16(b[1])
}

// reserve reserves a slot for a half-open connection and returns 0. If no slot is free, it returns the longest time to wait for
// one.
func (s *Server) reserve() (wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait = s.untilSlot(); wait == 0 {
		s.reserved++
	}
	return wait
}

func (s *Server) unreserve() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved--
}

// pause removes a from its epoll instance for the time wait, or less if p.forSlot is set. It does nothing if p.forSlot is set
// and a slot is free already. If the Server has stopped, pause only closes p.delayed.
func (s *Server) pause(a *acceptor, wait time.Duration, p *pause) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		if p.delayed != nil {
			_ = p.delayed.Close()
		}
		return
	case p.forSlot && s.untilSlot() == 0:
		return
	}
	s.ignore(a)
	a.startPause(wait, p)
	if a.poller == s.turn {
		s.passTurn()
	}
}

// startPause is called with Server.mu held.
func (a *acceptor) startPause(wait time.Duration, p *pause) {
	a.paused = p
	p.timer = time.AfterFunc(wait, func() { a.server.timeUp(a, p) })
}

// timeUp opens the connection that the pause p of a has delayed, and ends p. It does nothing if p has ended.
func (s *Server) timeUp(a *acceptor, p *pause) {
	if c := s.takeDelayed(a, p); c != nil {
		if err := s.open(c, a.poller); err != nil {
			s.countFailed(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.paused == p && !s.stopped {
		s.unpause(a)
	}
}

func (s *Server) takeDelayed(a *acceptor, p *pause) (c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.paused == p && !s.stopped {
		c, p.delayed = p.delayed, nil
	}
	return c
}

// unpause ends the pause of a, which must be paused. mu is held.
func (s *Server) unpause(a *acceptor) {
	a.paused.timer.Stop()
	a.paused = nil
	if s.listen(a) != nil { // no kernel memory is left
		s.failed.Add(1)
		a.startPause(time.Second, &pause{})
	}
}

// open registers an accepted connection with a poller. After an error it is closed.
func (s *Server) open(c *conn, poller int) error {
	if !s.inherit {
		_ = s.cfg.SetOptions(c.nc.Hash()) // a socket that does not support an option is used without
	}
	c.accepted = time.Now()
	c.nc.SetSession(c)
	if !s.add(c) { // it is closed
		return nil
	}
	if err := s.pollers.Add(c.nc, poller); err != nil { // it is closed
		s.remove(c)
		return fmt.Errorf("register with a poller: %w", err)
	}
	return nil
}
