package engine

import (
	"net/http"
	"unicode/utf8"

	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// negotiate agrees with the client on permessage-deflate, where both want it, and appends
// the line that says so to the head of the answer.
func (c *Conn) negotiate(head []byte, r *http.Request) []byte {
	if c.engine.cfg.DeflateFrom == 0 {
		return head
	}
	p, ok := deflate.Negotiate(r.Header["Sec-Websocket-Extensions"])
	if !ok {
		return head
	}
	c.window = p.Window
	return append(p.Answer().Append(append(head, "Sec-WebSocket-Extensions: "...)), "\r\n"...)
}

// appendFrame appends a frame to send, deflated where that was negotiated and is worth it.
func (c *Conn) appendFrame(dst []byte, op frame.Opcode, payload []byte) []byte {
	if c.window == 0 || op.Control() || len(payload) < c.engine.cfg.DeflateFrom {
		return frame.Append(dst, op, payload)
	}
	return deflate.AppendFrame(dst, op, payload, c.window)
}

// mayDeflate tells whether a header that has reserved bits says rightly that its message
// is deflated: RFC 7692 section 6.
func (c *Conn) mayDeflate(h frame.Header) bool {
	return c.window != 0 && h.RSV == frame.RSV1 && !h.Opcode.Control() && h.Opcode != frame.Continuation
}

// mostDeflated is how long a message of so many bytes may be deflated: some that cannot
// be compressed grow, by 5 bytes for each of deflate's blocks.
func mostDeflated(room int64) int64 { return room + room/64 + 64 }

// inflate delivers a deflated message, or closes the connection for it.
func (c *Conn) inflate(op frame.Opcode, message []byte, n *tally) {
	buf := sendPool.Get().(*[]byte)
	whole, err := deflate.Inflate((*buf)[:0], message, c.engine.cfg.MaxMessage)
	switch {
	case err == deflate.ErrTooLong:
		c.refuse(TooBig)
	case err != nil:
		c.refuse(BadDeflate)
	case op == frame.Text && !utf8.Valid(whole):
		c.refuse(BadUTF8)
	case c.budget != nil && !c.budget.spendMore(len(whole)-len(message), c.engine.now.Load()):
		c.refuse(TooFast)
	default:
		c.deliver(op, whole, n)
	}
	if cap(whole) <= keptSend {
		*buf = whole
		sendPool.Put(buf)
	}
}
