// Package frame encodes and decodes WebSocket frames (RFC 6455 section 5): headers, masks and close codes.
//
// Its functions work on byte slices, keep no state and do no I/O. They may be called from any goroutine. The engine,
// the rooms' logs and the load generator use them.
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

// Control reports whether o is the opcode of a control frame. A control frame has at most MaxControl bytes, is never
// fragmented, and may come between the fragments of a message (section 5.4).
func (o Opcode) Control() bool { return o&0x8 != 0 }

// The reserved bits, which extensions use (section 5.2). A Header has them in RSV. To append them, combine them with the
// Opcode. RSV1 on the first frame of a message says that the message is deflated, if that was negotiated
// (RFC 7692 section 6).
const (
	RSV1 = 0x40
	RSV2 = 0x20
	RSV3 = 0x10
)

// Sizes in bytes.
const (
	// MaxHeader is the largest frame header: 2, 8 of extended length, 4 of masking key.
	MaxHeader = 14
	// MaxControl is the largest payload of a control frame (section 5.5).
	MaxControl = 125
	// MaxReason is the largest reason of a close frame: MaxControl without the code.
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

// ErrLength says that section 5.2 forbids the payload length: its most significant bit is set, or it is not encoded in
// the fewest possible bytes.
var ErrLength = errors.New("frame: malformed payload length")

// Header is a parsed frame header.
type Header struct {
	Fin    bool
	RSV    byte // bits 0x70 as received
	Opcode Opcode
	Masked bool
	Key    [4]byte // masking key, if Masked
	Length int64   // payload bytes
}

// ParseHeader parses the header at the start of b and returns its length n. If b does not have the whole header yet, n
// is 0. The only error is ErrLength. The caller checks all other rules.
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
		if h.Length < 1<<16 { // negative if the top bit is set
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

// AppendHeader appends the header of an unmasked, unfragmented frame with a payload of n bytes. op may be combined with
// RSV1, RSV2 and RSV3.
func AppendHeader(dst []byte, op Opcode, n int) []byte {
	return appendHeader(dst, finBit|byte(op), 0, n)
}

// AppendMaskedHeader appends the header of a masked, unfragmented frame with a payload of n bytes, as clients must send.
// The caller masks the payload with Mask. op may be combined with RSV1, RSV2 and RSV3.
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

// Append appends an unmasked, unfragmented frame.
func Append(dst []byte, op Opcode, payload []byte) []byte {
	return append(AppendHeader(dst, op, len(payload)), payload...)
}

// Whole returns the end of the first frame in b that ends at or after byte n. If only n bytes of b were written, the
// write must continue up to there before another frame may follow. b consists of whole unmasked frames, and n is at
// most len(b).
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

// Count returns the number of frames in b, which consists of whole unmasked frames.
func Count(b []byte) int {
	n := 0
	for len(b) > 0 {
		b = b[Whole(b, 1):]
		n++
	}
	return n
}

// Payloads returns the payloads of the frames in b, which consists of whole unmasked frames. Each payload is a part of b.
// The iteration panics if the last frame is not whole.
func Payloads(b []byte) iter.Seq[[]byte] {
	return func(yield func(payload []byte) bool) {
		for rest := b; len(rest) > 0; {
			h, n, err := ParseHeader(rest)
			if err != nil || n == 0 {
				panic("frame: the last frame is not whole")
			}
			end := n + int(h.Length)
			if !yield(rest[n:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}
