package engine

import (
	"sync"

	"plenum/codec/frame"
	"plenum/engine/internal/utf8check"
)

// partial is the part of a frame or message that has arrived so far, and the bytes that wait for the end of a
// pause. It comes from a pool and goes back at the message's end.
type partial struct {
	header [frame.MaxHeader]byte
	have   int // bytes in header

	frame   frame.Header // the frame being read, if inFrame
	inFrame bool
	got     int // payload bytes of frame so far

	message []byte       // the data message so far, unmasked
	opcode  frame.Opcode // of the message; Continuation: none has begun
	text    utf8check.Check
	rsv     byte                   // of the message: the reserved bits of its first frame
	unread  []byte                 // bytes behind the message that paused the connection
	control [frame.MaxControl]byte // the control frame so far, unmasked
}

var partialPool = sync.Pool{New: func() any { return new(partial) }}

// keptMessage bounds the buffer that goes back to the pool, in bytes, so that
// a peer who sends a byte and waits cannot hold a large one.
const keptMessage = 4 << 10

func (p *partial) release() {
	if p == nil {
		return
	}
	kept := p.message[:0]
	if cap(kept) > keptMessage {
		kept = nil
	}
	*p = partial{message: kept}
	partialPool.Put(p)
}

// atBoundary tells whether nothing of p is needed any more.
func (p *partial) atBoundary() bool {
	return !p.inFrame && p.have == 0 && p.opcode == frame.Continuation && len(p.unread) == 0
}

// begin begins a message, if h is the header of its first frame.
func (p *partial) begin(h frame.Header) {
	if h.Opcode != frame.Continuation {
		p.opcode, p.rsv = h.Opcode, h.RSV
	}
}

// endMessage makes room for the next message.
func (p *partial) endMessage() {
	p.opcode, p.text, p.rsv = frame.Continuation, utf8check.Check{}, 0
	p.message = p.message[:0]
}
