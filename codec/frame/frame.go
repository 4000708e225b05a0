// Package frame is the WebSocket wire format of RFC 6455 section 5: headers,
// masks and close codes, as pure functions over byte slices. It holds no state
// and does no I/O; the engine, the rooms' log and the load client all use it.
package frame

import (
	"encoding/binary"
	"errors"
	"iter"
)

// Opcode is the four-bit frame type (RFC 6455 section 5.2).
type Opcode byte

// The opcodes that RFC 6455 section 11.8 registers.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// Control tells whether o is a control frame: at most MaxControl bytes, never
// fragmented, and allowed between the fragments of a message (section 5.4).
func (o Opcode) Control() bool { return o&0x8 != 0 }

// The reserved bits, in a Header's RSV and with an Opcode to append. They are for extensions (section 5.2): a
// message whose first frame has RSV1 is deflated, if that was negotiated (RFC 7692 section 6).
const (
	RSV1 = 0x40
	RSV2 = 0x20
	RSV3 = 0x10
)

// Sizes in bytes.
const (
	// MaxHeader is the largest frame header: 2 + 8 of length + 4 of mask.
	MaxHeader = 14
	// MaxControl is the largest payload of a control frame (section 5.5).
	MaxControl = 125
	// MaxReason is the largest reason of a close frame: MaxControl less the code.
	MaxReason = MaxControl - 2
)

const (
	finBit    = 0x80
	rsvBits   = 0x70
	maskBit   = 0x80
	lenBits   = 0x7f
	len16Code = 126
	len64Code = 127
)

// ErrLength is a payload length that section 5.2 forbids: one with the most
// significant bit set, or one not written in the fewest possible bytes.
var ErrLength = errors.New("frame: malformed payload length")

// Header is a parsed frame header.
type Header struct {
	Fin    bool
	RSV    byte // bits 0x70 as received
	Opcode Opcode
	Masked bool
	Key    [4]byte // masking key, where Masked
	Length int64   // payload bytes
}

// ParseHeader reads a header from the start of b and returns how many bytes it
// takes, 0 where b does not yet hold all of it. The only error is ErrLength;
// every other rule is the caller's.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin = b[0]&finBit != 0
	h.RSV = b[0] & rsvBits
	h.Opcode = Opcode(b[0] & 0x0f)
	h.Masked = b[1]&maskBit != 0
	h.Length = int64(b[1] & lenBits)
	n = 2
	switch h.Length {
	case len16Code:
		if len(b) < n+2 {
			return h, 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(b[n:]))
		n += 2
		if h.Length < len16Code {
			return h, 0, ErrLength
		}
	case len64Code:
		if len(b) < n+8 {
			return h, 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint64(b[n:]))
		n += 8
		if h.Length < 1<<16 { // negative where the top bit is set
			return h, 0, ErrLength
		}
	}
	if !h.Masked {
		return h, n, nil
	}
	if len(b) < n+4 {
		return h, 0, nil
	}
	copy(h.Key[:], b[n:])
	return h, n + 4, nil
}

// AppendHeader appends the header of an unmasked, unfragmented frame with a
// payload of n bytes. op|RSV1 sets that bit, op|RSV2 and op|RSV3 theirs.
func AppendHeader(dst []byte, op Opcode, n int) []byte {
	return appendHeader(dst, finBit|byte(op), 0, n)
}

// AppendMaskedHeader appends the header of a masked, unfragmented frame, as a
// client must send it; the caller masks the n bytes of payload with Mask.
// op|RSV1 sets that bit.
func AppendMaskedHeader(dst []byte, op Opcode, n int, key [4]byte) []byte {
	return append(appendHeader(dst, finBit|byte(op), maskBit, n), key[:]...)
}

func appendHeader(dst []byte, first, mask byte, n int) []byte {
	switch {
	case n < len16Code:
		return append(dst, first, mask|byte(n))
	case n < 1<<16:
		return append(dst, first, mask|len16Code, byte(n>>8), byte(n))
	}
	dst = append(dst, first, mask|len64Code)
	return binary.BigEndian.AppendUint64(dst, uint64(n))
}

// Append appends a whole unmasked frame.
func Append(dst []byte, op Opcode, payload []byte) []byte {
	return append(AppendHeader(dst, op, len(payload)), payload...)
}

// Whole returns the length of the run of whole unmasked frames at the start of
// b that reaches at least to byte n: where a write that was cut after n bytes
// must go on to, for the next frame to begin at a boundary. b holds whole
// frames and n is at most len(b).
func Whole(b []byte, n int) int {
	end := 0
	for end < n {
		h, size, err := ParseHeader(b[end:])
		if err != nil || size == 0 {
			return len(b)
		}
		end += size + int(h.Length)
	}
	return end
}

// Count is how many whole frames b, a run of whole unmasked frames, holds.
func Count(b []byte) int {
	n := 0
	for len(b) > 0 {
		b = b[Whole(b, 1):]
		n++
	}
	return n
}

// Payloads are the payloads of b, a run of whole unmasked frames, of which they are parts.
func Payloads(b []byte) iter.Seq[[]byte] {
	return func(yield func(payload []byte) bool) {
		for rest := b; len(rest) > 0; {
			h, n, err := ParseHeader(rest)
			if err != nil || n == 0 {
				panic("frame: not a run of whole frames")
			}
			end := n + int(h.Length)
			if !yield(rest[n:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}
