package engine

import (
	"unicode/utf8"

	"plenum/codec/frame"
)

// inbound makes messages of the bytes that were read, and hands them to the Handler. It is owned by
// whoever has the turn to read: the upgrading goroutine, then the poller.
type inbound struct {
	partial *partial // nil between two messages
}

// tally is how much one feed delivered, for the counters.
type tally struct{ messages, bytes uint64 }

// feed takes bytes of the client: frames, split anywhere. It unmasks them in place. A Stream's
// client has nothing to say.
func (in *inbound) feed(c *Conn, data []byte) {
	if c.stream != nil {
		return
	}
	var n tally
	corked := false
	for len(data) > 0 && c.closing.phase.Load() < phaseDraining {
		if c.reader.turn.paused() {
			p := in.keep()
			p.unread = append(p.unread, data...)
			break
		}
		if in.partial != nil && in.partial.inFrame {
			data = in.continueFrame(c, data, &n)
			continue
		}
		h, size, ok := in.header(c, data)
		if !ok || !in.admit(c, h) {
			break
		}
		data = data[size:]
		if int64(len(data)) < h.Length {
			p := in.keep()
			p.frame, p.inFrame, p.got = h, true, 0
			continue
		}
		payload := data[:h.Length]
		frame.Mask(payload, h.Key, 0)
		data = data[h.Length:]
		if len(data) > 0 && !corked {
			corked = true
			c.out.cork(c)
		}
		in.wholeFrame(c, h, payload, &n)
	}
	if corked {
		c.mu.Lock()
		c.out.uncork(c)
		c.mu.Unlock()
	}
	in.settle()
	if n.messages > 0 {
		c.engine.counters[ReceivedMessages].Add(int64(n.messages))
		c.engine.counters[ReceivedBytes].Add(int64(n.bytes))
	}
}

// feedUnread feeds the bytes that were read before a pause. The caller has the turn.
func (in *inbound) feedUnread(c *Conn) {
	if in.partial == nil || len(in.partial.unread) == 0 {
		return
	}
	data := in.partial.unread
	in.partial.unread = nil
	c.guard(func() { in.feed(c, data) })
}

// keep returns the partial message, an empty one if there was none.
func (in *inbound) keep() *partial {
	if in.partial == nil {
		in.partial = partialPool.Get().(*partial)
	}
	return in.partial
}

// settle gives the partial message back to the pool if nothing of it is left.
func (in *inbound) settle() {
	if in.partial != nil && in.partial.atBoundary() {
		in.release()
	}
}

func (in *inbound) release() {
	in.partial.release()
	in.partial = nil
}

// header parses the next header, from data alone or with the bytes of it that came before.
// n is how much of data it took. It is not ok if the header is not whole, so that all of data was kept, or if it is malformed.
func (in *inbound) header(c *Conn, data []byte) (h frame.Header, n int, ok bool) {
	src, had := data, 0
	if in.partial != nil && in.partial.have > 0 {
		had = in.partial.have
		took := copy(in.partial.header[had:], data)
		src = in.partial.header[:had+took]
	}
	h, size, err := frame.ParseHeader(src)
	switch {
	case err != nil:
		c.refuse(BadLength)
		return h, 0, false
	case size == 0:
		p := in.keep()
		p.have = had + copy(p.header[had:], data)
		return h, 0, false
	}
	if had > 0 {
		in.partial.have = 0
	}
	return h, size - had, true
}

// admit lets a frame in by its header, or ends the connection.
func (in *inbound) admit(c *Conn, h frame.Header) bool {
	if why, bad := in.faultOf(c, h); bad {
		c.refuse(why)
		return false
	}
	if c.budget != nil && !c.budget.spend(h, c.engine.beats.now.Load()) {
		c.refuse(TooFast)
		return false
	}
	return true
}

// faultOf checks a header by the rules of RFC 6455 sections 5.1 to 5.5.
func (in *inbound) faultOf(c *Conn, h frame.Header) (why Refusal, bad bool) {
	inMessage := in.partial != nil && in.partial.opcode != frame.Continuation
	switch {
	case h.RSV != 0 && !c.encoding.mayReserve(h):
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
		rsv, before = in.partial.rsv, len(in.partial.message)
	}
	room := c.encoding.longestMessage(rsv, int64(c.engine.cfg.MaxMessage)) - int64(before)
	return TooBig, h.Length > room // no sum: a length may be as large as an int64
}

// wholeFrame takes a frame that came in one piece, its payload unmasked.
func (in *inbound) wholeFrame(c *Conn, h frame.Header, payload []byte, n *tally) {
	switch {
	case h.Opcode.Control():
		in.control(c, h.Opcode, payload)
	case h.Fin && h.Opcode != frame.Continuation:
		switch {
		case c.encoding.encoded(h.RSV):
			in.decode(c, h.Opcode, h.RSV, payload, n)
		case h.Opcode == frame.Text && !utf8.Valid(payload):
			c.refuse(BadUTF8)
		default:
			in.deliver(c, h.Opcode, payload, n)
		}
	default:
		in.keep().begin(h)
		if in.extend(c, payload) && h.Fin {
			in.endMessage(c, n)
		}
	}
}

// continueFrame takes the bytes in data of the frame that has begun, and returns the rest.
func (in *inbound) continueFrame(c *Conn, data []byte, n *tally) []byte {
	p := in.partial
	piece := data[:min(int64(len(data)), p.frame.Length-int64(p.got))]
	frame.Mask(piece, p.frame.Key, p.got)
	at := p.got
	p.got += len(piece)
	p.inFrame = int64(p.got) < p.frame.Length
	if p.frame.Opcode.Control() {
		copy(p.control[at:], piece)
		if !p.inFrame {
			in.control(c, p.frame.Opcode, p.control[:p.got])
		}
		return data[len(piece):]
	}
	p.begin(p.frame)
	if in.extend(c, piece) && !p.inFrame && p.frame.Fin {
		in.endMessage(c, n)
	}
	return data[len(piece):]
}

// extend adds a piece to the message that has begun. It returns false if it ended the connection.
func (in *inbound) extend(c *Conn, piece []byte) bool {
	p := in.partial
	if p.opcode == frame.Text && !c.encoding.encoded(p.rsv) && !p.text.Feed(piece) {
		c.refuse(BadUTF8)
		return false
	}
	p.message = append(p.message, piece...)
	return true
}

// endMessage delivers the message whose last piece was added.
func (in *inbound) endMessage(c *Conn, n *tally) {
	p := in.partial
	switch {
	case c.encoding.encoded(p.rsv):
		in.decode(c, p.opcode, p.rsv, p.message, n)
	case p.opcode == frame.Text && !p.text.Whole():
		c.refuse(BadUTF8)
		return
	default:
		in.deliver(c, p.opcode, p.message, n)
	}
	p.endMessage()
}

// decode delivers a message that is encoded, or ends the connection for it.
func (in *inbound) decode(c *Conn, op frame.Opcode, rsv byte, message []byte, n *tally) {
	buf := getScratch()
	all, whole, err := c.encoding.decode(*buf, message, rsv, c.engine.cfg.MaxMessage)
	switch {
	case err != nil:
		c.refuse(undecoded(err))
	case op == frame.Text && !utf8.Valid(whole):
		c.refuse(BadUTF8)
	case c.budget != nil && !c.budget.spendMore(len(whole)-len(message), c.engine.beats.now.Load()):
		c.refuse(TooFast)
	default:
		in.deliver(c, op, whole, n)
	}
	*buf = all
	putScratch(buf)
}

// deliver hands a message to the Handler, unless the connection is closing: messages
// between our close frame and the peer's are dropped.
func (in *inbound) deliver(c *Conn, op frame.Opcode, payload []byte, n *tally) {
	if c.closing.phase.Load() != phaseOpen {
		return
	}
	n.messages++
	n.bytes += uint64(len(payload))
	c.handler.OnMessage(c, op, payload)
}

// control handles a control frame (RFC 6455 section 5.5).
func (in *inbound) control(c *Conn, op frame.Opcode, payload []byte) {
	switch op {
	case frame.Ping:
		_ = c.Send(frame.Pong, payload)
	case frame.Close:
		code, _, fault := frame.ParseClosePayload(payload)
		switch fault {
		case 0:
			c.closing.receivedClose(c, code)
		case frame.CloseInvalidData:
			c.refuse(BadUTF8)
		default:
			c.refuse(BadClose)
		}
	}
}
