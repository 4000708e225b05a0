package engine

import (
	"unicode/utf8"

	"plenum/codec/frame"
)

// inbound parses the received bytes into messages and passes them to the Handler. The holder of the turn owns it: the
// upgrading goroutine, then the poller.
type inbound struct {
	partial *partial // nil if no frame or message is incomplete
}

// tally counts the messages, and their bytes, that one call of feed delivered.
type tally struct{ messages, bytes uint64 }

// feed handles received bytes: frames, split anywhere. It unmasks them in place and delivers the complete messages. The
// bytes of a Stream's client are dropped. The caller holds the turn.
func (in *inbound) feed(c *Conn, data []byte) {
	if c.stream != nil {
		return
	}
	var n tally
	batched, corked := false, false
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
		if !ok {
			break
		}
		if why, bad := in.checkHeader(c, h); bad {
			c.refuse(why)
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
		if len(data) > 0 && !batched {
			batched = true
			c.reader.turn.beginBatch()
			corked = c.out.cork(c)
		}
		in.wholeFrame(c, h, payload, &n)
	}
	if corked {
		c.mu.Lock()
		c.out.uncork(c)
		c.mu.Unlock()
	}
	if batched {
		c.reader.turn.endBatch()
	}
	in.settle()
	if n.messages > 0 {
		counts := &c.counters().counts
		counts[ReceivedMessages].Add(int64(n.messages))
		counts[ReceivedBytes].Add(int64(n.bytes))
	}
}

// feedUnread feeds the bytes that were read before a pause. The caller holds the turn.
func (in *inbound) feedUnread(c *Conn) {
	if in.partial == nil || len(in.partial.unread) == 0 {
		return
	}
	data := in.partial.unread
	in.partial.unread = nil
	c.guard(func() { in.feed(c, data) })
}

// keep returns the partial message. If there is none, it takes an empty one from the pool.
func (in *inbound) keep() *partial {
	if in.partial == nil {
		in.partial = partialPool.Get().(*partial)
	}
	return in.partial
}

// settle releases the partial message if it is not needed any more.
func (in *inbound) settle() {
	if in.partial != nil && in.partial.atBoundary() {
		in.release()
	}
}

// release returns the partial message to the pool.
func (in *inbound) release() {
	in.partial.release()
	in.partial = nil
}

// wholeFrame handles a frame that arrived in one piece. payload is unmasked.
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

// continueFrame handles the bytes of data that belong to the incomplete frame, and returns the rest of data.
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
