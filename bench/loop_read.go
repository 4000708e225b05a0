package bench

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
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
	n, err := read(c.fd, l.buf[have:min(have+readSize, len(l.buf))])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != nil:
		l.finish(c, End{Code: frame.CloseAbnormal, Err: fmt.Errorf("bench: read: %w", err)})
		return
	case n == 0:
		l.finish(c, End{Code: frame.CloseAbnormal, Err: io.EOF})
		return
	}
	l.at = Monotonic()
	l.recycle(c)
	l.now = tally{bytes: uint64(n)}
	used, fault := l.parse(c, l.buf[:have+n])
	l.counters.add(l.now)
	if fault != nil {
		l.fail(c, fault)
		return
	}
	l.keep(c, l.buf[used:have+n])
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
