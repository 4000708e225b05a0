package socket

import (
	"context"
	"io"
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// errNothingYet is a temporary error, so that crypto/tls continues at the same point later.
var errNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "no more data has arrived yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }

// transport is the net.Conn of crypto/tls. During the dial it reads and writes the socket.
// After that, Read returns the data that the loop has read from the socket, and Write collects
// the data to be written.
type transport struct {
	net.Conn // nil: crypto/tls calls only Read and Write

	// owned by the dialing goroutine, then by the loop
	fd   int
	wait func(events int16) error // nil: the dial is done
	in   []byte                   // unread data of the current read of the socket
	end  error                    // error after in

	mu  sync.Mutex
	out []byte // written by crypto/tls, not taken yet
}

// feed reads the socket once into raw, from which Read then reads. It returns the number of
// bytes.
func (t *transport) feed(raw []byte) int {
	n, err := Read(t.fd, raw)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		t.end = errNothingYet
	case err != nil:
		t.end = err
	case n == 0:
		t.end = io.EOF
	default:
		t.in, t.end = raw[:n], errNothingYet
	}
	return n
}

// Read implements net.Conn for crypto/tls.
func (t *transport) Read(b []byte) (int, error) {
	if t.wait != nil {
		return t.ready(unix.POLLIN, func() (int, error) { return unix.Read(t.fd, b) })
	}
	if len(t.in) == 0 {
		return 0, t.end
	}
	n := copy(b, t.in)
	t.in = t.in[n:]
	return n, nil
}

// Write implements net.Conn for crypto/tls.
func (t *transport) Write(b []byte) (int, error) {
	for have := 0; t.wait != nil; {
		n, err := t.ready(unix.POLLOUT, func() (int, error) { return unix.Write(t.fd, b[have:]) })
		if have += n; err != nil || have == len(b) {
			return have, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out = append(t.out, b...)
	return len(b), nil
}

// ready repeats call until the socket is ready for it. If call returns 0 bytes, the socket has
// ended.
func (t *transport) ready(events int16, call func() (int, error)) (int, error) {
	for {
		n, err := call()
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
			if err := t.wait(events); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// owes reports whether out has data.
func (t *transport) owes() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.out) > 0
}

// take returns the collected data, which then belongs to the caller.
func (t *transport) take() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.out
	t.out = nil
	return out
}

// waitSlice is the interval in milliseconds at which a dial that waits in poll(2) checks its
// context.
const waitSlice = 50

// await blocks until fd is ready for events or ctx has ended.
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
