package bare

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
	"plenum/bench/clock"
	"plenum/bench/endpoint"
	"plenum/bench/latency"
	"plenum/bench/message"
	"plenum/codec/frame"
)

// client belongs to the thread of Run.
type client struct {
	Options
	target  unix.SockaddrInet4
	request []byte
	mark    message.Mark
	hits    int // messages to send
	epoll   int
	events  [256]unix.EpollEvent
	buf     [128 << 10]byte
	conns   map[int]*conn // by descriptor
	open    int           // upgraded connections
	sender  int           // descriptor of the first connection
	textAt  int           // offset of the previous text in its frame
	start   int64         // due time of the first message, Monotonic; 0: not yet
	latency latency.Histogram
	figures Figures
}

type conn struct {
	open bool
	tail []byte // an incomplete head or frame
}

// Run opens the connections, then sends and reads.
func (o Options) Run() (*Figures, error) {
	runtime.LockOSThread() // never unlocked
	mark := message.MarkFor(o.Payload)
	u, err := url.Parse(strings.NewReplacer("{room}", mark.Name(), "{user}", "bare").Replace(o.URL))
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	address, err := o.address(u)
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	c := &client{Options: o, mark: mark, conns: map[int]*conn{}, latency: latency.NewHistogram()}
	c.target, c.hits = unix.SockaddrInet4{Addr: address.Addr().As4(), Port: int(address.Port())}, int(o.Rate*(o.Warmup+o.Duration).Seconds())
	c.request = []byte("GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if c.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("bench: bare: %w", err)
	}
	defer c.close()
	if fd, err := unix.FcntlInt(uintptr(c.epoll), unix.F_DUPFD_CLOEXEC, o.Connections+100); err == nil {
		unix.Close(fd) // the kernel's table of descriptors has grown, which takes time
	}
	if err := c.dial(); err != nil {
		return nil, err
	}
	return &c.figures, c.run()
}

// address returns the address that u leads to.
func (o Options) address(u *url.URL) (netip.AddrPort, error) {
	if u.Scheme != "ws" {
		return netip.AddrPort{}, fmt.Errorf("must be like ws://localhost:8080/path, got %q", o.URL)
	}
	address, err := endpoint.Resolve(context.Background(), u)
	if err == nil && !address.Addr().Is4() {
		return address, fmt.Errorf("this client supports IPv4 only, and %s leads to %s", u.Host, address)
	}
	return address, err
}

// dial opens all connections, Dialers at a time.
func (c *client) dial() error {
	begin := clock.Monotonic()
	for range min(c.Dialers, c.Connections) {
		if err := c.connect(); err != nil {
			return err
		}
	}
	for c.open < c.Connections {
		if err := c.turn(time.Second); err != nil {
			return err
		}
	}
	c.figures.Upgrades = float64(c.open) / time.Duration(clock.Monotonic()-begin).Seconds()
	return nil
}

// connect begins to open a connection. On the loopback network the socket then takes the request.
func (c *client) connect() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bench: bare: %w", err)
	}
	if c.conns[fd] = new(conn); len(c.conns) == 1 {
		c.sender = fd
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	_ = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 1, 0, byte(1 + fd%250)}})
	if err := unix.Connect(fd, &c.target); err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("bench: bare: connect: %w", err)
	}
	if _, err := unix.Write(fd, c.request); err != nil {
		return fmt.Errorf("bench: bare: request: %w", err)
	}
	return unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// run sends by the schedule, and reads until all is delivered or a second has passed.
func (c *client) run() error {
	c.start = clock.Monotonic() + int64(time.Second/2) // the last members join
	end := c.start + int64(c.Warmup+c.Duration+time.Second)
	for now := clock.Monotonic(); now < end && c.figures.Delivered < c.hits*c.Connections; now = clock.Monotonic() {
		if err := c.turn(time.Duration(max(0, c.due()-now))); err != nil {
			return err
		}
	}
	c.figures.Delivery = c.latency.Percentiles()
	return nil
}

// due returns when the next message is due.
func (c *client) due() int64 {
	return c.start + int64(float64(c.figures.Sent)*float64(time.Second)/c.Rate)
}

// turn waits for events, for at most the time within, and reads once per event. Between two
// reads it sends the messages that are due. Go's scheduler does not know of the waits, so it does
// not interfere.
func (c *client) turn(within time.Duration) error {
	wait := unix.NsecToTimespec(int64(min(within, 20*time.Millisecond)))
	n, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(c.epoll), uintptr(unsafe.Pointer(&c.events)), uintptr(len(c.events)), uintptr(unsafe.Pointer(&wait)), 0, 0)
	if e != 0 {
		n = 0 // a signal
	}
	c.send(clock.Monotonic())
	for _, event := range c.events[:n] {
		fd := int(event.Fd)
		have := copy(c.buf[:], c.conns[fd].tail)
		got, _, e := syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&c.buf[have])), uintptr(len(c.buf)-have))
		if e != 0 || got == 0 {
			return fmt.Errorf("bench: bare: the server closed a connection: %v", e)
		}
		at := clock.Monotonic()
		if err := c.handle(c.conns[fd], c.buf[:have+int(got)], at/int64(time.Microsecond)); err != nil {
			return err
		}
		c.send(at)
	}
	return nil
}

// send sends the messages that are due at now.
func (c *client) send(now int64) {
	for c.start > 0 && c.figures.Sent < c.hits && c.due() <= now {
		text := c.mark.AppendText(nil, c.due()/int64(time.Microsecond), 0, 0, c.Payload)
		b := frame.AppendMaskedHeader(nil, frame.Text, len(text), [4]byte{})
		_, _ = unix.Write(c.sender, append(b, text...))
		c.figures.Sent++
	}
}

// handle handles the bytes that a connection has read at a time in microseconds.
func (c *client) handle(of *conn, b []byte, at int64) error {
	if !of.open {
		end := bytes.Index(b, []byte("\r\n\r\n"))
		if end < 0 {
			of.tail = append(of.tail[:0], b...)
			return nil
		}
		b, of.open = b[end+4:], true
		if c.open++; len(c.conns) < c.Connections {
			if err := c.connect(); err != nil {
				return err
			}
		}
	}
	from := (c.start + int64(c.Warmup)) / int64(time.Microsecond)
	for len(b) >= 4 {
		head, n := 2, int(b[1])
		if n == 126 {
			head, n = 4, int(b[2])<<8|int(b[3])
		}
		if len(b) < head+n {
			break
		}
		if i := c.mark.Find(b[head:head+n], c.textAt); i >= 0 {
			c.textAt = i
			c.figures.Delivered++
			if due, _ := message.Due(b[head+i:]); due >= from {
				c.latency.Record(at - due)
			}
		}
		b = b[head+n:]
	}
	of.tail = append(of.tail[:0], b...)
	return nil
}

func (c *client) close() {
	for fd := range c.conns {
		unix.Close(fd)
	}
	unix.Close(c.epoll)
}
