package engine

import (
	"unicode/utf8"

	"plenum/codec/frame"
)

// feed takes what the socket gave: any split of frames. It unmasks in place. A Stream's
// client has nothing to say.
func (c *Conn) feed(data []byte) {
	if c.stream != nil {
		return
	}
	var n tally
	several := false
	for len(data) > 0 && c.phase.Load() < ending {
		if c.turn.Load()&paused != 0 {
			in := c.partial()
			in.unread = append(in.unread, data...)
			break
		}
		if c.in != nil && c.in.inFrame {
			data = c.continueFrame(data, &n)
			continue
		}
		h, size, ok := c.header(data)
		if !ok {
			break
		}
		data = data[size:]
		if why, bad := c.faultOf(h); bad {
			c.refuse(why)
			break
		}
		if c.budget != nil && !c.budget.spend(h, c.engine.now.Load()) {
			c.refuse(TooFast)
			break
		}
		if int64(len(data)) < h.Length {
			in := c.partial()
			in.frame, in.inFrame, in.got = h, true, 0
			continue
		}
		payload := data[:h.Length]
		frame.Mask(payload, h.Key, 0)
		data = data[h.Length:]
		if len(data) > 0 && !several {
			several = true
			c.hold()
		}
		c.wholeFrame(h, payload, &n)
	}
	if several {
		c.mu.Lock()
		c.letGo()
		c.mu.Unlock()
	}
	c.settle()
	if n.messages > 0 {
		c.engine.stats.messagesIn.Add(n.messages)
		c.engine.stats.bytesIn.Add(n.bytes)
	}
}

// tally is what one feed delivered, counted in one go.
type tally struct{ messages, bytes uint64 }

// header parses the next header, from data alone or with what was kept of it.
// n is how much of data it took; not ok: all of data was kept, or it is malformed.
func (c *Conn) header(data []byte) (h frame.Header, n int, ok bool) {
	src, had := data, 0
	if c.in != nil && c.in.have > 0 {
		had = c.in.have
		took := copy(c.in.header[had:], data)
		src = c.in.header[:had+took]
	}
	h, size, err := frame.ParseHeader(src)
	switch {
	case err != nil:
		c.refuse(BadLength)
		return h, 0, false
	case size == 0:
		in := c.partial()
		in.have = had + copy(in.header[had:], data)
		return h, 0, false
	}
	if had > 0 {
		c.in.have = 0
	}
	return h, size - had, true
}

// faultOf checks a header by the rules of RFC 6455 sections 5.1 to 5.5.
func (c *Conn) faultOf(h frame.Header) (why Refusal, bad bool) {
	inMessage := c.in != nil && c.in.opcode != frame.Continuation
	switch {
	case h.RSV != 0 && !c.mayReserve(h):
		return BadReserved, true
	case h.Opcode > frame.Pong || h.Opcode > frame.Binary && !h.Opcode.Control():
		return BadOpcode, true
	case !h.Masked:
		return BadMask, true
	case h.Opcode.Control():
		return BadControl, !h.Fin || h.Length > frame.MaxControl
	case (h.Opcode == frame.Continuation) != inMessage:
		return BadSequence, true
	}
	rsv, before := h.RSV, 0
	if inMessage {
		rsv, before = c.in.rsv, len(c.in.message)
	}
	room := c.longestMessage(rsv) - int64(before)
	return TooBig, h.Length > room // no sum: a length may be as large as an int64
}

// wholeFrame takes a frame that came in one piece, its payload unmasked.
func (c *Conn) wholeFrame(h frame.Header, payload []byte, n *tally) {
	switch {
	case h.Opcode.Control():
		c.onControl(h.Opcode, payload)
	case h.Fin && h.Opcode != frame.Continuation:
		switch {
		case c.encoded(h.RSV):
			c.decode(h.Opcode, h.RSV, payload, n)
		case h.Opcode == frame.Text && !utf8.Valid(payload):
			c.refuse(BadUTF8)
		default:
			c.deliver(h.Opcode, payload, n)
		}
	default:
		c.partial().begin(h)
		if c.extend(payload) && h.Fin {
			c.endMessage(n)
		}
	}
}

// continueFrame takes what data holds of the frame begun and returns the rest.
func (c *Conn) continueFrame(data []byte, n *tally) []byte {
	in := c.in
	piece := data[:min(int64(len(data)), in.frame.Length-int64(in.got))]
	frame.Mask(piece, in.frame.Key, in.got)
	at := in.got
	in.got += len(piece)
	in.inFrame = int64(in.got) < in.frame.Length
	switch {
	case in.frame.Opcode.Control():
		copy(in.control[at:], piece)
		if !in.inFrame {
			c.onControl(in.frame.Opcode, in.control[:in.got])
		}
	default:
		in.begin(in.frame)
		if c.extend(piece) && !in.inFrame && in.frame.Fin {
			c.endMessage(n)
		}
	}
	return data[len(piece):]
}

// extend adds a piece to the open message; false where it closed the connection.
func (c *Conn) extend(piece []byte) bool {
	in := c.in
	if in.opcode == frame.Text && !c.encoded(in.rsv) && !in.text.feed(piece) {
		c.refuse(BadUTF8)
		return false
	}
	in.message = append(in.message, piece...)
	return true
}

func (c *Conn) endMessage(n *tally) {
	in := c.in
	switch {
	case c.encoded(in.rsv):
		c.decode(in.opcode, in.rsv, in.message, n)
	case in.opcode == frame.Text && !in.text.whole():
		c.refuse(BadUTF8)
		return
	default:
		c.deliver(in.opcode, in.message, n)
	}
	in.opcode, in.text, in.rsv = frame.Continuation, utf8Check{}, 0
	in.message = in.message[:0]
}

// deliver hands a message over, unless we have begun to close: what comes
// between our close frame and the peer's has no one to read it.
func (c *Conn) deliver(op frame.Opcode, payload []byte, n *tally) {
	if c.phase.Load() != open {
		return
	}
	n.messages++
	n.bytes += uint64(len(payload))
	c.handler.OnMessage(c, op, payload)
}

func (c *Conn) onControl(op frame.Opcode, payload []byte) {
	switch op {
	case frame.Ping:
		_ = c.Send(frame.Pong, payload)
	case frame.Close:
		code, _, fault := frame.ParseClosePayload(payload)
		switch fault {
		case 0:
			c.onPeerClose(code)
		case frame.CloseInvalidData:
			c.refuse(BadUTF8)
		default:
			c.refuse(BadClose)
		}
	}
}
