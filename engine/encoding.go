package engine

import (
	"errors"
	"slices"

	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// Encoding encodes messages by the extensions that a connection has negotiated, one after the other (RFC 6455 section
// 9.1). Connections that receive the same bytes for the same message share one *Encoding, so a message to many
// connections is encoded once per Encoding. An Engine has at most 64. An Encoding never changes, and any goroutine may
// use it.
type Encoding struct {
	steps []step // in the order of the handshake's response
	from  int    // the smallest From of the steps
	rsv   byte   // the reserved bits that the steps claim
	every bool   // a step claims no bit, so every message must be decoded
}

// step is one extension of an Encoding.
type step struct {
	Transform
	from int  // Transform.From
	rsv  byte // the reserved bit that the extension claims, or 0
}

func newEncoding(steps []step) *Encoding {
	e := &Encoding{steps: steps, from: steps[0].from}
	for _, s := range steps {
		e.from = min(e.from, s.from)
		e.rsv |= s.rsv
		e.every = e.every || s.rsv == 0
	}
	return e
}

// From returns the length, in bytes, of the shortest payload that the Encoding may change. For a shorter one AppendFrame
// returns the same bytes as frame.Append.
func (e *Encoding) From() int { return e.from }

// AppendFrame appends one message to dst, as an unmasked, unfragmented frame encoded by the extensions. op is Text or
// Binary. payload is only read. While encoding, dst may grow by more bytes than the frame has in the end.
func (e *Encoding) AppendFrame(dst []byte, op frame.Opcode, payload []byte) []byte {
	if len(payload) < e.from {
		return frame.Append(dst, op, payload)
	}
	start, at, changed := len(dst), len(dst), false
	for i := range e.steps {
		s := &e.steps[i]
		if len(payload) < s.from {
			continue
		}
		out, ok := s.Encode(dst, payload)
		if !ok {
			dst = out[:len(dst)]
			continue
		}
		at, dst, changed = len(dst), out, true // out follows the output of the previous step
		payload = dst[at:]
		op |= frame.Opcode(s.rsv)
	}
	if !changed {
		return frame.Append(dst, op, payload)
	}
	var header [frame.MaxHeader]byte
	return slices.Replace(dst, start, at, frame.AppendHeader(header[:0], op, len(payload))...)
}

// decode undoes the steps, the last one first, and appends the output of each to dst. all is dst with everything that was
// appended; decoded is the message, the end of all. rsv is the reserved bits of the message's first frame. limit bounds
// the decoded message, in bytes.
func (e *Encoding) decode(dst, message []byte, rsv byte, limit int) (all, decoded []byte, err error) {
	for i := len(e.steps) - 1; i >= 0; i-- {
		if !e.steps[i].changed(rsv) {
			continue
		}
		at := len(dst)
		dst, err = e.steps[i].Decode(dst, message, int(longest(e.steps[:i], rsv, int64(limit))))
		if err != nil {
			return dst, nil, err
		}
		message = dst[at:]
	}
	return dst, message, nil
}

// changed reports whether the step has encoded a message whose first frame has the reserved bits rsv.
func (s *step) changed(rsv byte) bool { return s.rsv == 0 || rsv&s.rsv != 0 }

// longest returns the maximum length of a message of the given number of bytes after steps have encoded it.
func longest(steps []step, rsv byte, bytes int64) int64 {
	for i := range steps {
		if steps[i].changed(rsv) {
			bytes = longestEncoded(bytes)
		}
	}
	return bytes
}

// longestEncoded returns the maximum length of a message of the given number of bytes after one step has encoded it. A
// message that cannot be compressed grows by 5 bytes per deflate block.
func longestEncoded(bytes int64) int64 { return bytes + bytes/64 + 64 }

// longestMessage returns a bound, in bytes, on the length of an encoded message on any connection of the Engine. It assumes
// that all extensions are in use. Without extensions, the result is the same as with one.
func (e *Engine) longestMessage() int64 {
	most := int64(e.cfg.MaxMessage)
	for range max(1, len(e.cfg.Extensions)) {
		most = longestEncoded(most)
	}
	return most
}

// appendFrame appends a frame of any opcode. Control frames are not encoded. e may be nil.
func (e *Encoding) appendFrame(dst []byte, op frame.Opcode, payload []byte) []byte {
	if e == nil || op.Control() {
		return frame.Append(dst, op, payload)
	}
	return e.AppendFrame(dst, op, payload)
}

// mayReserve reports whether the reserved bits of h were negotiated. Only the first frame of a message may have them. e
// may be nil.
func (e *Encoding) mayReserve(h frame.Header) bool {
	return e != nil && h.RSV&^e.rsv == 0 && !h.Opcode.Control() && h.Opcode != frame.Continuation
}

// encoded reports whether a message whose first frame has the reserved bits rsv must be decoded. e may be nil.
func (e *Encoding) encoded(rsv byte) bool { return e != nil && (rsv != 0 || e.every) }

// longestMessage returns the maximum length of an encoded message whose first frame has the reserved bits rsv. limit is
// the maximum length of the decoded message. e may be nil.
func (e *Encoding) longestMessage(rsv byte, limit int64) int64 {
	if e == nil {
		return limit
	}
	return longest(e.steps, rsv, limit)
}

// decodeRefusal returns the Refusal for an error of decode.
func decodeRefusal(err error) Refusal {
	switch {
	case errors.Is(err, ErrTooBig):
		return TooBig
	case errors.Is(err, deflate.ErrCorrupt):
		return BadDeflate
	}
	return BadExtension
}
