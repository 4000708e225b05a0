package socket

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Connect returns a non-blocking socket that is connected or connecting. In the second case it
// takes no bytes yet, and reports an error of the connect with the first read or write that
// follows. nth is a number that differs between the sockets of a process. If the target is on the
// IPv4 loopback network, it determines the source address.
func Connect(target netip.AddrPort, nth uint64, limits Limits) (int, error) {
	family := unix.AF_INET
	if target.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if err := limits.set(fd); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if err := connectTo(fd, target, nth); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Limits bound the bytes that the kernel buffers for a socket. 0 is the kernel's default.
type Limits struct {
	Receive int // bytes, SO_RCVBUF
	Unsent  int // bytes not sent yet, TCP_NOTSENT_LOWAT
}

// set must be called before connect, which announces the receive window to the server.
func (l Limits) set(fd int) error {
	if l.Receive > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, l.Receive); err != nil {
			return fmt.Errorf("set SO_RCVBUF: %w", err)
		}
	}
	if l.Unsent > 0 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, l.Unsent); err != nil {
			return fmt.Errorf("set TCP_NOTSENT_LOWAT: %w", err)
		}
	}
	return nil
}

func connectTo(fd int, target netip.AddrPort, nth uint64) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	if target.Addr().Is4() && target.Addr().IsLoopback() {
		if err := bindLoopback(fd, nth); err != nil {
			return err
		}
	}
	err := unix.Connect(fd, sockaddr(target))
	if err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

func sockaddr(target netip.AddrPort) unix.Sockaddr {
	if target.Addr().Is6() {
		return &unix.SockaddrInet6{Addr: target.Addr().As16(), Port: int(target.Port())}
	}
	return &unix.SockaddrInet4{Addr: target.Addr().As4(), Port: int(target.Port())}
}

// bindLoopback binds the source address but no port. connect chooses the port. It needs a port
// that is unused for this pair of addresses and this target port.
func bindLoopback(fd int, nth uint64) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("set IP_BIND_ADDRESS_NO_PORT: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 1, 0, byte(1 + nth%250)}}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}
