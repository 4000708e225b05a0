package message

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// A text is what a run publishes: a mark, drawn for the run, by which it is found
// in whatever envelope the server puts around it; the time it was meant to leave;
// its stream, which is one sender in one room; its number in the stream, from 1,
// or 0 for a probe; and padding. All is fixed-width decimal, so no server's JSON
// encoder changes it.
const (
	markLen   = 8
	stampLen  = 16 // microseconds of clock.Monotonic
	fieldLen  = 8
	maxField  = 99_999_999
	streamAt  = markLen + stampLen
	numberAt  = streamAt + fieldLen
	markChars = "abcdefghijklmnopqrstuvwxyz"
)

// HeadSize is how many bytes of a text come before its padding, and so the least size of a
// text.
const HeadSize = markLen + stampLen + 2*fieldLen

// Mark is what a run's texts begin with: markFirst and a name drawn for the run.
type Mark [markLen]byte

// markFirst is in no name, so a room's name is not taken for a text.
const markFirst = 'T'

// NewMark draws a mark for a run.
func NewMark() (m Mark) {
	m[0] = markFirst
	for i := 1; i < len(m); i++ {
		m[i] = markChars[rand.IntN(len(markChars))]
	}
	return m
}

// Name is the run's, for its rooms.
func (m *Mark) Name() string { return string(m[1:]) }

// AppendText appends a text of size bytes, at least HeadSize.
func (m *Mark) AppendText(dst []byte, due int64, stream, number, size int) []byte {
	end := len(dst) + size
	dst = append(dst, m[:]...)
	dst = appendFixed(dst, uint64(due), stampLen)
	dst = appendFixed(dst, uint64(stream), fieldLen)
	dst = appendFixed(dst, uint64(number), fieldLen)
	for len(dst) < end {
		dst = append(dst, 'x')
	}
	return dst
}

func appendFixed(dst []byte, n uint64, width int) []byte {
	var digits [stampLen]byte
	for i := width - 1; i >= 0; i-- {
		digits[i] = '0' + byte(n%10)
		n /= 10
	}
	return append(dst, digits[:width]...)
}

// Find returns where in b a text begins, -1 for nowhere. It looks at guess first:
// in one room the envelope's length hardly changes.
func (m *Mark) Find(b []byte, guess int) int {
	if guess+HeadSize <= len(b) && Mark(b[guess:guess+markLen]) == *m {
		return guess
	}
	i := bytes.Index(b, m[:])
	if i < 0 || i+HeadSize > len(b) {
		return -1
	}
	return i
}

// Due returns when a text was meant to leave, in microseconds of clock.Monotonic; false if a
// digit is none.
func Due(text []byte) (int64, bool) {
	high, ok := parse8(text[markLen:])
	low, okay := parse8(text[markLen+fieldLen:])
	return int64(high)*(maxField+1) + int64(low), ok && okay
}

// Stream returns the stream of a text; false if a digit is none.
func Stream(text []byte) (int, bool) { return parse8(text[streamAt:]) }

// Number returns the number of a text in its stream; false if a digit is none.
func Number(text []byte) (int, bool) { return parse8(text[numberAt:]) }

// parse8 reads eight decimal digits, all at once: pairs, then fours, then eight.
func parse8(b []byte) (int, bool) {
	const zeros, high = 0x3030303030303030, 0x8080808080808080
	raw := binary.LittleEndian.Uint64(b)
	x := raw - zeros
	ok := (raw|x|(x+0x7676767676767676))&high == 0
	x = (x*10 + x>>8) & 0x00ff00ff00ff00ff
	x = (x*100 + x>>16) & 0x0000ffff0000ffff
	x = (x*10_000 + x>>32) & 0xffffffff
	return int(x), ok
}
