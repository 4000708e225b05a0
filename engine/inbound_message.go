package engine

import (
	"unicode/utf8"

	"plenum/codec/frame"
)

// extend appends piece to the incomplete message. It returns false if the text is invalid UTF-8 and the connection has
// been refused.
func (in *inbound) extend(c *Conn, piece []byte) bool {
	p := in.partial
	if p.opcode == frame.Text && !c.encoding.encoded(p.rsv) && !p.text.Feed(piece) {
		c.refuse(BadUTF8)
		return false
	}
	p.message = append(p.message, piece...)
	return true
}

// endMessage delivers the message, which is now complete.
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

// decode decodes a message and delivers it. If the message is invalid, it refuses the connection.
func (in *inbound) decode(c *Conn, op frame.Opcode, rsv byte, message []byte, n *tally) {
	buf := getScratch()
	all, whole, err := c.encoding.decode(*buf, message, rsv, c.engine.cfg.MaxMessage)
	switch {
	case err != nil:
		c.refuse(decodeRefusal(err))
	case op == frame.Text && !utf8.Valid(whole):
		c.refuse(BadUTF8)
	case c.budget != nil && !c.budget.SpendMore(len(whole)-len(message), c.engine.timers.time()):
		c.refuse(TooFast)
	default:
		in.deliver(c, op, whole, n)
	}
	*buf = all
	putScratch(buf)
}

// deliver passes a message to the Handler. Messages that arrive after our close frame was sent are dropped.
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
		code, _, failCode := frame.ParseClosePayload(payload)
		switch failCode {
		case 0:
			c.closing.receivedClose(c, code)
		case frame.CloseInvalidData:
			c.refuse(BadUTF8)
		default:
			c.refuse(BadClose)
		}
	}
}
