package socket

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// waitSlice is the interval in milliseconds at which a dial that waits in poll(2) checks its
// context.
const waitSlice = 50

// Connect returns a connected non-blocking socket. nth is a number that differs between the
// sockets of a process. If the target is on the loopback network, it determines the source
// address.
func Connect(ctx context.Context, target netip.AddrPort, nth uint64, limits Limits) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if err := limits.set(fd); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if err := connectTo(ctx, fd, target, nth); err != nil {
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

func connectTo(ctx context.Context, fd int, target netip.AddrPort, nth uint64) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	if target.Addr().IsLoopback() {
		if err := bindLoopback(fd, nth); err != nil {
			return err
		}
	}
	err := unix.Connect(fd, &unix.SockaddrInet4{Addr: target.Addr().As4(), Port: int(target.Port())})
	if err == unix.EINPROGRESS {
		err = finishConnect(ctx, fd)
	}
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
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

// finishConnect waits until a connect that is in progress has ended.
func finishConnect(ctx context.Context, fd int) error {
	if err := Await(ctx, fd, unix.POLLOUT); err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if code != 0 {
		return unix.Errno(code)
	}
	return nil
}

// Await blocks until fd is ready for events or ctx has ended.
func Await(ctx context.Context, fd int, events int16) error {
	for ctx.Err() == nil {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, waitSlice)
		if n > 0 {
			return nil
		}
		if err != nil && err != unix.EINTR {
			return err
		}
	}
	return context.Cause(ctx)
}
