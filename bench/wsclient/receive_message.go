package wsclient

import "plenum/codec/frame"

// partial is a message in fragments (section 5.4).
type partial struct {
	op       frame.Opcode
	deflated bool
	data     []byte
}

func (l *loop) data(c *Client, h frame.Header, payload []byte) *Fault {
	deflated := h.RSV == frame.RSV1
	if h.Fin && c.partial == nil {
		return l.whole(c, h.Opcode, deflated, payload)
	}
	if c.partial == nil {
		c.partial = &partial{op: h.Opcode, deflated: deflated}
	}
	p := c.partial
	if len(p.data)+len(payload) > maxMessage {
		return &Fault{Code: frame.CloseTooBig, What: "a message of more than 128 KiB"}
	}
	p.data = append(p.data, payload...)
	if !h.Fin {
		return nil
	}
	c.partial, l.frame = nil, nil
	return l.whole(c, p.op, p.deflated, p.data)
}

// whole delivers a message, in the clear.
func (l *loop) whole(c *Client, op frame.Opcode, deflated bool, payload []byte) (fault *Fault) {
	if deflated {
		if payload, fault = l.inflated.of(payload); fault != nil {
			return fault
		}
	}
	l.deliver(c, op, payload)
	return nil
}

func (l *loop) deliver(c *Client, op frame.Opcode, payload []byte) {
	l.now.messages++
	l.cfg.OnMessage(c, op, payload)
}
