package engine

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/lesismal/nbio"
	"golang.org/x/sys/unix"

	"plenum/engine/zerocopy"
)

// socket is a connection's descriptor, which nbio owns. A method holds nbio's lock during its system call, so that the
// descriptor is not closed and its number not reused meanwhile.
type socket struct{ nb *nbio.Conn }

// maxUnsent bounds the bytes in a socket that TCP has not sent yet (TCP_NOTSENT_LOWAT), usually because the peer's
// receive window is full. Without the bound, the kernel would buffer up to tcp_wmem, some megabytes, for each peer that
// does not read, from memory that all sockets share.
const maxUnsent = 256 << 10

// maxUnread is the requested size of the receive buffer, in bytes. Without the bound, the buffer of a peer that sends
// without pause grows to some megabytes. The poller must be able to empty the buffer before it continues with another
// connection (see maxReads). So it would handle perhaps a million messages of one peer in a row.
const maxUnread = 128 << 10

// setBounds sets maxUnsent, maxUnread and TCP_NODELAY. Connections inherit them from a listener, but not from one of
// multipath TCP, which is the default of package net.
func setBounds(fd int) error {
	return errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, maxUnread),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
}

// write writes to the socket and does not wait: n is 0 if the socket is full. blocks may be nil.
//
// It bypasses nbio.Conn.Write, which copies all bytes that the socket does not accept.
func (s socket) write(blocks *zerocopy.Pool, b []byte) (n int, err error) {
	s.nb.Lock()
	defer s.nb.Unlock()
	if isClosed, _ := s.nb.IsClosed(); isClosed {
		return 0, ErrClosed
	}
	for {
		n, err = writeOnce(s.nb.Hash(), blocks, b)
		switch {
		case err == nil:
			return n, nil
		case err == syscall.EAGAIN:
			return 0, nil
		case err != syscall.EINTR:
			return 0, err
		}
	}
}

// minByReference is the shortest length, in bytes, at which zerocopy.Pool.Send is cheaper than a copy.
const minByReference = 8 << 10

// writeOnce is one system call: write(2), or sendfile(2) if b is long and lies in blocks. blocks may be nil.
func writeOnce(fd int, blocks *zerocopy.Pool, b []byte) (int, error) {
	switch {
	case len(b) < minByReference:
		return writeShort(fd, b)
	case blocks.Contains(b):
		return blocks.Send(fd, b)
	default:
		return syscall.Write(fd, b)
	}
}

// writeShort is write(2) of few bytes, as a raw system call, which the Go scheduler does not see. The socket is
// non-blocking, so the scheduler could not use the processor for anything else meanwhile. Tracking so many short calls
// takes a seventh of the time that the pings of idle connections cost.
func writeShort(fd int, b []byte) (int, error) {
	n, _, e := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if e != 0 {
		return -1, e
	}
	return int(n), nil
}

// shut is shutdown(2).
func (s socket) shut(how int) {
	s.withDescriptor(func(fd int) { _ = syscall.Shutdown(fd, how) })
}

// liftUnsentBound removes the bound maxUnsent. The poller is then notified that the socket has room, and passes the
// queue with the close frame to the kernel. A peer that does not read then finds the close frame after its unread
// bytes, even long after the connection was closed here.
func (s socket) liftUnsentBound() {
	s.withDescriptor(func(fd int) {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 0) // 0: the system's default, no bound
	})
}

// peerEnded reports whether the peer has sent FIN or RST.
func (s socket) peerEnded() (ended bool) {
	s.withDescriptor(func(fd int) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(fds, 0)
		ended = err == nil && n > 0
	})
	return ended
}

// peer returns the address of the peer. nbio knows it only if package adopt does not fit nbio.
func (s socket) peer() net.Addr {
	if known := s.nb.RemoteAddr(); known != nil {
		return known
	}
	addr := &net.TCPAddr{}
	s.withDescriptor(func(fd int) {
		switch a, _ := unix.Getpeername(fd); a := a.(type) {
		case *unix.SockaddrInet4:
			addr = &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
		case *unix.SockaddrInet6:
			addr = &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
			if a.ZoneId != 0 {
				addr.Zone = strconv.FormatUint(uint64(a.ZoneId), 10)
			}
		}
	})
	return addr
}

// tcpInfo returns the kernel's TCP_INFO of the connection, or nil if it is closed.
func (s socket) tcpInfo() (info *unix.TCPInfo) {
	s.withDescriptor(func(fd int) {
		var err error
		if info, err = unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err != nil {
			info = nil
		}
	})
	return info
}

// withDescriptor calls call with the descriptor, with nbio's lock held. If the socket is closed, it does nothing.
func (s socket) withDescriptor(call func(fd int)) {
	s.nb.Lock()
	defer s.nb.Unlock()
	if isClosed, _ := s.nb.IsClosed(); !isClosed {
		call(s.nb.Hash())
	}
}
