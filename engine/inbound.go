package engine

import (
	"sync"

	"plenum/codec/frame"
)

// inbound is what a connection keeps of a frame or message that is not whole
// yet. It comes from a pool and goes back at the message's end.
type inbound struct {
	header [frame.MaxHeader]byte
	have   int // bytes in header

	frame   frame.Header // the frame being read, where inFrame
	inFrame bool
	got     int // payload bytes of frame so far

	message []byte       // the data message so far, unmasked
	opcode  frame.Opcode // of the message; Continuation: none is open
	text    utf8Check
	rsv     byte                   // of the message: the reserved bits of its first frame
	unread  []byte                 // bytes behind the message that paused the connection
	control [frame.MaxControl]byte // the control frame so far, unmasked
}

var inboundPool = sync.Pool{New: func() any { return new(inbound) }}

// keptMessage bounds the buffer that goes back to the pool, in bytes, so that
// a peer who sends a byte and waits cannot hold a large one.
const keptMessage = 4 << 10

func (c *Conn) partial() *inbound {
	if c.in == nil {
		c.in = inboundPool.Get().(*inbound)
	}
	return c.in
}

func (in *inbound) release() {
	if in == nil {
		return
	}
	kept := in.message[:0]
	if cap(kept) > keptMessage {
		kept = nil
	}
	*in = inbound{message: kept}
	inboundPool.Put(in)
}

// settle gives the pooled state back once a message's boundary is reached.
func (c *Conn) settle() {
	if in := c.in; in != nil && !in.inFrame && in.have == 0 && in.opcode == frame.Continuation && len(in.unread) == 0 {
		in.release()
		c.in = nil
	}
}

// begin opens a message with its first frame's opcode.
func (in *inbound) begin(h frame.Header) {
	if h.Opcode != frame.Continuation {
		in.opcode, in.rsv = h.Opcode, h.RSV
	}
}
