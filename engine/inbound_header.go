package engine

import "plenum/codec/frame"

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

// faultOf checks a frame by its header: by the rules of RFC 6455 sections 5.1 to 5.5, and by the client's budget, from
// which it takes the frame.
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
		if !h.Fin || h.Length > frame.MaxControl {
			return BadControl, true
		}
	case (h.Opcode == frame.Continuation) != inMessage:
		return BadSequence, true
	case h.Length > in.maxPayload(c, h): // no sum: a length may be as large as an int64
		return TooBig, true
	}
	return TooFast, c.budget != nil && !c.budget.Spend(h, c.engine.timers.time())
}

// maxPayload is how many bytes the payload of a data frame may have.
func (in *inbound) maxPayload(c *Conn, h frame.Header) int64 {
	most := int64(c.engine.cfg.MaxMessage)
	if h.Opcode != frame.Continuation {
		return c.encoding.longestMessage(h.RSV, most)
	}
	return c.encoding.longestMessage(in.partial.rsv, most) - int64(len(in.partial.message))
}
