package wsclient

import (
	"bytes"
	"errors"

	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// partial is a message in fragments (section 5.4) that is not complete.
type partial struct {
	op       frame.Opcode
	deflated bool
	data     []byte
}

// data handles a data frame.
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

// whole inflates a complete message if necessary, and delivers it.
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

// inflated is the last message that a loop has inflated. The members of a room usually receive
// the same bytes one after the other. Without context takeover, equal bytes inflate to the same
// text (RFC 7692 section 7.1.1). A comparison costs a fraction of inflating them again.
type inflated struct{ message, text []byte }

// of returns the inflated text of a message, which is valid until the next call.
func (i *inflated) of(message []byte) ([]byte, *Fault) {
	if len(message) > 0 && bytes.Equal(message, i.message) {
		return i.text, nil
	}
	text, err := deflate.Inflate(i.text[:0], message, maxMessage)
	if err != nil {
		i.message = i.message[:0] // text may be overwritten
	}
	switch {
	case errors.Is(err, deflate.ErrTooLong):
		return nil, &Fault{Code: frame.CloseTooBig, What: "a message of more than 128 KiB"}
	case err != nil:
		return nil, &Fault{Code: frame.CloseInvalidData, What: "a message that does not inflate"}
	}
	i.message, i.text = append(i.message[:0], message...), text
	return text, nil
}
