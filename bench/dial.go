package bench

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// waitSlice is how long, in milliseconds, a dial sleeps in poll(2) before it looks
// at its context again.
const waitSlice = 50

// Dial opens a connection to a ws:// URL, or a wss:// one by TLS, with an IPv4
// address and a port, and blocks until the upgrade is done. The client carries tag. ctx bounds the dial
// only. Where the server is on the loopback network, the source addresses are
// spread over 127.1.0.0/24, so that ports do not run out.
func (p *Pool) Dial(ctx context.Context, rawURL string, tag int) (*Client, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("bench: dial: %w", err)
	}
	target, ok := dialled(u)
	if !ok {
		return nil, fmt.Errorf("bench: dial %s: want ws:// or wss://IPv4:port/path", rawURL)
	}
	nth := p.dialled.Add(1)
	on := p.loops[nth%uint64(len(p.loops))]
	fd, err := connect(ctx, target, nth, on.cfg)
	if err != nil {
		return nil, fmt.Errorf("bench: dial %s: %w", rawURL, err)
	}
	c := &Client{tag: tag, fd: fd, loop: on}
	if err = c.upgrade(ctx, u); err == nil {
		err = c.loop.add(c)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("bench: dial %s: %w", rawURL, err)
	}
	return c, nil
}

// DialAll opens n connections, at most parallel at a time; the ith goes to url(i)
// and carries the tag i. On an error it stops; those opened stay in the pool.
func (p *Pool) DialAll(ctx context.Context, n, parallel int, url func(i int) string) ([]*Client, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clients := make([]*Client, n)
	var next atomic.Int64
	dial := func() {
		for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
			c, err := p.Dial(ctx, url(i), i)
			if err != nil {
				cancel(err)
				return
			}
			clients[i] = c
		}
	}
	var dialling sync.WaitGroup
	for range parallel {
		dialling.Go(dial)
	}
	dialling.Wait()
	return clients, context.Cause(ctx)
}

// connect returns a connected non-blocking socket.
func connect(ctx context.Context, target netip.AddrPort, nth uint64, cfg *Config) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if err := limitBuffers(fd, cfg); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if err := connectTo(ctx, fd, target, nth); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// limitBuffers is called before the connect, which tells the server the window.
func limitBuffers(fd int, cfg *Config) error {
	if cfg.ReceiveBuffer > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, cfg.ReceiveBuffer); err != nil {
			return fmt.Errorf("set SO_RCVBUF: %w", err)
		}
	}
	if cfg.Unsent > 0 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, cfg.Unsent); err != nil {
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

// bindLoopback leaves the port to connect, which needs only the whole of both
// addresses and ports to be unused.
func bindLoopback(fd int, nth uint64) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("set IP_BIND_ADDRESS_NO_PORT: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 1, 0, byte(1 + nth%250)}}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}

func finishConnect(ctx context.Context, fd int) error {
	if err := await(ctx, fd, unix.POLLOUT); err != nil {
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

// await blocks until fd is ready for events or ctx is done.
func await(ctx context.Context, fd int, events int16) error {
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
