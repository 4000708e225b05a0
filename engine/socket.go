package engine

import (
	"syscall"
	"unsafe"

	"github.com/lesismal/nbio"
	"golang.org/x/sys/unix"

	"plenum/engine/zerocopy"
)

// socket is a connection's descriptor, which nbio owns. nbio's lock keeps it from being
// closed, and its number from being reused, during a system call of ours.
type socket struct{ nb *nbio.Conn }

// maxUnsent bounds, in bytes, what a socket takes beyond the bytes that its peer can take. By
// itself the kernel takes up to tcp_wmem, some megabytes, for each peer that does not
// read, out of the memory that all sockets share. It is not set on the listener: Go's are of
// multipath TCP, which does not hand it on to plain connections.
const maxUnsent = 256 << 10

// maxUnread is the receive buffer asked for, in bytes. By itself it grows to some
// megabytes for a peer that sends without pause, and its poller would handle all of them,
// perhaps a million messages, before it came to any other connection.
const maxUnread = 128 << 10

// setBounds sets the socket's bounds. A socket that cannot have them, for instance of multipath TCP, is used without.
func (s socket) setBounds() {
	_ = unix.SetsockoptInt(s.nb.Hash(), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	_ = unix.SetsockoptInt(s.nb.Hash(), unix.SOL_SOCKET, unix.SO_RCVBUF, maxUnread)
}

// write writes to the socket without waiting: n is 0 if the socket is full. blocks may be nil.
//
// It bypasses nbio.Conn.Write, which copies all bytes that the socket did not take.
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

// minByReference is the least number of bytes for which zerocopy.Pool.Send is cheaper than a copy.
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

// writeShort is write(2) of few bytes to a socket that does not block, so the
// scheduler is not told of it: it could use the processor for nothing else meanwhile,
// and to watch over so many short calls takes a seventh of what the pings of idle
// connections cost.
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

// liftUnsentBound removes the bound maxUnsent, whereupon the poller hears that the socket has
// room. Then a peer that does not read finds the close frame behind the bytes that it has not
// read, even if it returns to them long after the connection has been closed here.
func (s socket) liftUnsentBound() {
	s.withDescriptor(func(fd int) {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 0) // the system's: none
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

// tcpInfo returns the kernel's facts about the connection; nil if it is closed.
func (s socket) tcpInfo() (info *unix.TCPInfo) {
	s.withDescriptor(func(fd int) {
		var err error
		if info, err = unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err != nil {
			info = nil
		}
	})
	return info
}

// withDescriptor calls call, unless the socket is closed.
func (s socket) withDescriptor(call func(fd int)) {
	s.nb.Lock()
	defer s.nb.Unlock()
	if isClosed, _ := s.nb.IsClosed(); !isClosed {
		call(s.nb.Hash())
	}
}
