package engine

import "plenum/codec/frame"

// header parses the next frame header: the header bytes that were kept before, followed by data. n is the number of
// bytes of data that belong to the header. ok is false in two cases. If the header is incomplete, all of data has been
// kept. If it is malformed, the connection has been refused.
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

// checkHeader checks a frame header against RFC 6455 sections 5.1 to 5.5 and against the client's budget, from which it
// deducts the frame. why is valid only if bad is true.
func (in *inbound) checkHeader(c *Conn, h frame.Header) (why Refusal, bad bool) {
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
	case h.Length > in.maxPayload(c, h): // compared without a sum, which could overflow: Length may be the largest int64
		return TooBig, true
	}
	return TooFast, c.budget != nil && !c.budget.Spend(h, c.engine.timers.time())
}

// maxPayload returns the maximum payload length, in bytes, of a data frame with the header h.
func (in *inbound) maxPayload(c *Conn, h frame.Header) int64 {
	most := int64(c.engine.cfg.MaxMessage)
	if h.Opcode != frame.Continuation {
		return c.encoding.longestMessage(h.RSV, most)
	}
	return c.encoding.longestMessage(in.partial.rsv, most) - int64(len(in.partial.message))
}
