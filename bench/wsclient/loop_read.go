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
	readSize   = 64 << 10 // at once, so that what was read is still in the cache
	spareTails = 256      // kept for reuse, a loop
	spareSize  = 4 << 10  // a larger one goes to the collector
)

// receive reads once. Whatever is left raises the next event, so that one busy
// client does not keep the others waiting.
func (l *loop) receive(c *Client) {
	have := copy(l.buf, c.tail)
	n, wire, err := l.read(c, l.buf[have:])
	l.now = tally{bytes: uint64(wire)}
	var fault *Fault
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

// read reads the socket once, into b, and returns how much it gave there and how much
// that was on the wire.
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

// take handles the n bytes that were read at a time behind c's tail, which has have bytes.
func (l *loop) take(c *Client, have, n int, at int64) *Fault {
	l.at = at
	l.recycle(c)
	used, fault := l.parse(c, l.buf[:have+n])
	if fault == nil {
		l.keep(c, l.buf[used:have+n])
	}
	return fault
}

// keep copies the cut-off start of a frame for the next read.
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

func (l *loop) recycle(c *Client) {
	if cap(c.tail) > 0 && cap(c.tail) <= spareSize && len(l.spare) < spareTails {
		l.spare = append(l.spare, c.tail[:0])
	}
	c.tail = nil
}
