package wsclient

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
	"plenum/bench/clock"
	"plenum/bench/wsclient/internal/socket"
	"plenum/codec/frame"
)

const (
	readSize   = 64 << 10 // per read; so small that the data is still in the cache when it is parsed
	spareTails = 256      // tails kept for reuse, per loop
	spareSize  = 4 << 10  // a larger tail is not reused
)

// receive reads the socket once. If data is left, epoll reports the socket again, so a busy
// client does not delay the others.
func (l *loop) receive(c *Client) {
	have := copy(l.buf, c.tail)
	n, wire, err := l.read(c, l.buf[have:])
	l.now = tally{bytes: uint64(wire)}
	var fault *Fault
	if n > 0 && c.dial != nil {
		if have, n, err = l.respond(c, have+n); err != nil {
			l.finish(c, End{Code: frame.CloseAbnormal, Err: err})
			return
		}
	}
	if n > 0 {
		fault = l.take(c, have, n, clock.Monotonic())
	}
	l.counters.add(l.now)
	switch {
	case fault != nil:
		l.fail(c, fault)
	case err == io.EOF:
		l.finish(c, End{Code: frame.CloseAbnormal, Err: io.EOF})
	case err != nil && err != unix.EAGAIN && err != unix.EINTR:
		l.finish(c, End{Code: frame.CloseAbnormal, Err: fmt.Errorf("bench: read: %w", err)})
	}
}

// read reads the socket once into b. It returns the number of bytes in b, and the number of
// bytes on the wire.
func (l *loop) read(c *Client, b []byte) (n, wire int, err error) {
	if c.tls != nil {
		n, wire, err = c.tls.Read(l.raw, b)
		c.answer()
		return n, wire, err
	}
	n, err = socket.Read(c.fd, b[:min(readSize, len(b))])
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, n, err
}

// take handles the n bytes that were read at the time at. They follow the have bytes of c's
// tail in l.buf.
func (l *loop) take(c *Client, have, n int, at int64) *Fault {
	l.at = at
	l.recycle(c)
	used, fault := l.parse(c, l.buf[:have+n])
	if fault == nil {
		l.keep(c, l.buf[used:have+n])
	}
	return fault
}

// keep copies the beginning of an incomplete frame for the next read.
func (l *loop) keep(c *Client, rest []byte) {
	if len(rest) == 0 {
		return
	}
	var tail []byte
	if last := len(l.spare) - 1; last >= 0 {
		tail, l.spare = l.spare[last], l.spare[:last]
	}
	c.tail = append(tail, rest...)
}

// recycle keeps the tail of c, which is in the read buffer now, for reuse.
func (l *loop) recycle(c *Client) {
	if cap(c.tail) > 0 && cap(c.tail) <= spareSize && len(l.spare) < spareTails {
		l.spare = append(l.spare, c.tail[:0])
	}
	c.tail = nil
}
