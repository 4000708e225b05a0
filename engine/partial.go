package engine

import (
	"sync"

	"plenum/codec/frame"
	"plenum/engine/internal/utf8check"
)

// partial holds an incomplete frame or message, and the bytes that wait for the end of a pause. It comes from a pool and
// returns to it when it is not needed any more.
type partial struct {
	header [frame.MaxHeader]byte
	have   int // header bytes received so far

	frame   frame.Header // header of the incomplete frame, if inFrame
	inFrame bool
	got     int // payload bytes of the frame received so far

	message []byte       // the data message so far, unmasked
	opcode  frame.Opcode // of the message; Continuation if there is no message
	text    utf8check.Check
	rsv     byte                   // the reserved bits of the message's first frame
	unread  []byte                 // bytes after the message that paused the connection
	control [frame.MaxControl]byte // the payload of the control frame so far, unmasked
}

var partialPool = sync.Pool{New: func() any { return new(partial) }}

// keptMessage bounds the buffer that returns to the pool with a partial, in bytes. Otherwise a peer that sends one byte
// and waits could occupy a large buffer.
const keptMessage = 4 << 10

// release returns p to the pool. p may be nil.
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

// atBoundary reports whether p holds nothing: no incomplete frame or message, and no unread bytes.
func (p *partial) atBoundary() bool {
	return !p.inFrame && p.have == 0 && p.opcode == frame.Continuation && len(p.unread) == 0
}

// begin starts a message if h is the header of its first frame.
func (p *partial) begin(h frame.Header) {
	if h.Opcode != frame.Continuation {
		p.opcode, p.rsv = h.Opcode, h.RSV
	}
}

// endMessage resets p for the next message.
func (p *partial) endMessage() {
	p.opcode, p.text, p.rsv = frame.Continuation, utf8check.Check{}, 0
	p.message = p.message[:0]
}
