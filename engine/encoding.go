package engine

import (
	"errors"
	"slices"

	"plenum/codec/deflate"
	"plenum/codec/frame"
)

// Encoding is how messages to a connection are encoded: by the extensions that were agreed on, one after the other
// (RFC 6455 section 9.1). Connections that are sent the same bytes for the same message have the same *Encoding, so a
// message for many is encoded once per Encoding. An Engine has 64 at most.
type Encoding struct {
	steps []step // in the order of the answer
	from  int    // the least From of the steps
	rsv   byte   // the bits that the steps claim
	every bool   // a step claims no bit: every message is decoded
}

// step is one extension's part in an Encoding.
type step struct {
	Transform
	from int
	rsv  byte // 0, or its bit
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

// From is the least payload, in bytes, whose frame may differ from frame.Append's.
func (e *Encoding) From() int { return e.from }

// AppendFrame appends the unmasked, unfragmented frame of a message of op, Text or Binary, encoded by each extension
// that changes it. It may ask for more bytes of dst than the frame then takes. payload is only read. It may be called
// by any goroutine.
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
		at, dst, changed = len(dst), out, true // behind what the step before has appended
		payload = dst[at:]
		op |= frame.Opcode(s.rsv)
	}
	if !changed {
		return frame.Append(dst, op, payload)
	}
	var header [frame.MaxHeader]byte
	return slices.Replace(dst, start, at, frame.AppendHeader(header[:0], op, len(payload))...)
}

// decode appends what each step makes of a message, the last step first. It returns dst and, as the end of it, the
// message. rsv is the bits of the message's first frame.
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

// changed tells whether the step has encoded a message whose first frame has the bits rsv.
func (s *step) changed(rsv byte) bool { return s.rsv == 0 || rsv&s.rsv != 0 }

// longest is how long a message of so many bytes may be once steps have encoded it.
func longest(steps []step, rsv byte, bytes int64) int64 {
	for i := range steps {
		if steps[i].changed(rsv) {
			bytes = longestEncoded(bytes)
		}
	}
	return bytes
}

// longestEncoded is how long a message of so many bytes may be once it is encoded. Some messages that
// cannot be compressed grow, by 5 bytes for each of deflate's blocks.
func longestEncoded(bytes int64) int64 { return bytes + bytes/64 + 64 }

// longestMessage is how long a message may be that any number of the extensions have encoded. Without extensions it
// is as with one.
func (e *Engine) longestMessage() int64 {
	most := int64(e.cfg.MaxMessage)
	for range max(1, len(e.cfg.Extensions)) {
		most = longestEncoded(most)
	}
	return most
}

// appendFrame appends a frame to send. e may be nil.
func (e *Encoding) appendFrame(dst []byte, op frame.Opcode, payload []byte) []byte {
	if e == nil || op.Control() {
		return frame.Append(dst, op, payload)
	}
	return e.AppendFrame(dst, op, payload)
}

// mayReserve tells whether the reserved bits of a header were agreed on. They stand on a message's first frame. e may be nil.
func (e *Encoding) mayReserve(h frame.Header) bool {
	return e != nil && h.RSV&^e.rsv == 0 && !h.Opcode.Control() && h.Opcode != frame.Continuation
}

// encoded tells whether a message whose first frame has the bits rsv is to be decoded. e may be nil.
func (e *Encoding) encoded(rsv byte) bool { return e != nil && (rsv != 0 || e.every) }

// longestMessage is how long a message may be whose first frame has the bits rsv, if it may have
// limit bytes once it is decoded. e may be nil.
func (e *Encoding) longestMessage(rsv byte, limit int64) int64 {
	if e == nil {
		return limit
	}
	return longest(e.steps, rsv, limit)
}

// undecoded is the refusal for a message that could not be decoded.
func undecoded(err error) Refusal {
	switch {
	case errors.Is(err, ErrTooBig):
		return TooBig
	case errors.Is(err, deflate.ErrCorrupt):
		return BadDeflate
	}
	return BadExtension
}
