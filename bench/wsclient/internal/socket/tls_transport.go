package socket

import (
	"io"
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// errNothingYet is temporary, so that crypto/tls goes on where it was.
var errNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "nothing has come yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }

// transport is what crypto/tls takes for its socket: the socket itself while it is
// dialled, then what the loop has read of it, and a place for what is to be written.
type transport struct {
	net.Conn // nil: crypto/tls calls no more than Read and Write here

	// owned by the dialling goroutine, then by the loop
	fd   int
	wait func(events int16) error // nil: dialled
	in   []byte                   // of the read being handled
	end  error                    // what follows it

	mu  sync.Mutex
	out []byte // written, and not taken
}

// feed reads the socket once for Read to give, and returns how much that was.
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

// Read is for crypto/tls.
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

// Write is for crypto/tls.
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

// ready calls until the socket was ready for it; nothing is the socket's end.
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

// owes tells whether something is to be taken.
func (t *transport) owes() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.out) > 0
}

// take returns what has been written, which is the caller's.
func (t *transport) take() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.out
	t.out = nil
	return out
}
