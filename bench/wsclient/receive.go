package wsclient

import (
	"fmt"

	"plenum/codec/frame"
)

// maxMessage is half of the read buffer, so that there is room to read behind an incomplete
// frame.
const maxMessage = readBuffer / 2

// Fault is a violation of RFC 6455 by the server.
type Fault struct {
	Code int    // close code sent to the server
	What string // the violation, for example "a masked frame"
}

// Error implements error.
func (f *Fault) Error() string { return fmt.Sprintf("bench: server sent %s", f.What) }

func breach(what string) *Fault { return &Fault{Code: frame.CloseProtocolError, What: what} }

// parse handles the complete frames of b and returns the number of bytes they have.
func (l *loop) parse(c *Client, b []byte) (used int, fault *Fault) {
	for c.end == nil {
		if n := l.taken(c, b[used:]); n > 0 {
			used += n
			continue
		}
		if size, n := PlainText(b[used:]); size > 0 && c.partial == nil {
			l.now.frames++
			l.frame = b[used : used+size+n]
			l.deliver(c, frame.Text, l.frame[size:])
			used += size + n
			continue
		}
		h, size, err := frame.ParseHeader(b[used:])
		if err != nil {
			return used, breach("a malformed length")
		}
		if size == 0 {
			return used, nil
		}
		if fault := c.check(h); fault != nil {
			return used, fault
		}
		next := used + size + int(h.Length)
		if next > len(b) {
			return used, nil
		}
		l.now.frames++
		l.frame = b[used:next]
		if fault := l.handle(c, h, l.frame[size:]); fault != nil {
			return used, fault
		}
		used = next
	}
	return len(b), nil // data after a close frame is ignored (section 5.5.1)
}

// taken returns how many bytes of b OnFrames has consumed.
func (l *loop) taken(c *Client, b []byte) int {
	if c.partial != nil || len(b) == 0 {
		return 0
	}
	n, frames := l.cfg.OnFrames(c, b)
	l.now.frames += uint64(frames)
	l.now.messages += uint64(frames)
	return n
}

// PlainText is a fast path for nearly all frames, at a fifth of the cost of the general one. If
// b begins with a complete, unmasked, unfragmented text frame of less than 64 KiB, it returns
// the sizes of header and payload. Otherwise, or if a reserved bit is set, it returns 0.
func PlainText(b []byte) (size, n int) {
	const first, len16 = 0x81, 126
	if len(b) < 4 || b[0] != first {
		return 0, 0
	}
	size, n = 2, int(b[1])
	if n >= len16 {
		size, n = 4, int(b[2])<<8|int(b[3])
		if b[1] != len16 || n < len16 { // masked, longer, or invalid
			return 0, 0
		}
	}
	if size+n > len(b) {
		return 0, 0
	}
	return size, n
}

// check applies the rules for headers, before the payload has arrived.
func (c *Client) check(h frame.Header) *Fault {
	switch {
	case h.Masked: // section 5.1
		return breach("a masked frame")
	case h.RSV != 0 && !c.deflates(h): // section 5.2
		return breach("a reserved bit")
	case h.Opcode > frame.Pong || h.Opcode > frame.Binary && h.Opcode < frame.Close:
		return breach("a reserved opcode")
	case h.Opcode.Control() && !h.Fin: // section 5.5
		return breach("a fragmented control frame")
	case h.Opcode.Control() && h.Length > frame.MaxControl:
		return breach("a long control frame")
	case h.Opcode == frame.Continuation && c.partial == nil: // section 5.4
		return breach("a continuation of nothing")
	case !h.Opcode.Control() && h.Opcode != frame.Continuation && c.partial != nil:
		return breach("a message within a message")
	case h.Length > maxMessage:
		return &Fault{Code: frame.CloseTooBig, What: "a frame of more than 128 KiB"}
	}
	return nil
}

// deflates reports whether the reserved bits of h are allowed. RSV1 is, on the first frame of a
// message, if compression was agreed on (RFC 7692 section 6).
func (c *Client) deflates(h frame.Header) bool {
	begins := h.Opcode == frame.Text || h.Opcode == frame.Binary
	return c.loop.cfg.Compression && h.RSV == frame.RSV1 && begins
}

func (l *loop) handle(c *Client, h frame.Header, payload []byte) *Fault {
	switch h.Opcode {
	case frame.Text, frame.Binary, frame.Continuation:
		return l.data(c, h, payload)
	case frame.Ping:
		l.now.pings++
		if !l.cfg.IgnorePings {
			// If the backlog is full, that is counted. If the socket is closed, no pong is
			// needed.
			_ = c.send(frame.Pong, payload)
		}
	case frame.Close:
		return c.closeFrame(payload)
	}
	return nil
}

// closeFrame answers a close frame, unless it is an answer itself. The server then closes the
// socket (section 7.1.1).
func (c *Client) closeFrame(payload []byte) *Fault {
	code, reason, fault := frame.ParseClosePayload(payload)
	if fault != 0 {
		return &Fault{Code: fault, What: "a malformed close frame"}
	}
	c.end = &End{Code: code, Reason: string(reason)}
	// ErrClosed means that the client closed first. Other errors of the socket end the loop's
	// read.
	_ = c.Close(code)
	return nil
}
