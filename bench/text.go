package bench

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
	stampLen  = 16 // microseconds of Monotonic
	fieldLen  = 8
	textLen   = markLen + stampLen + 2*fieldLen
	maxField  = 99_999_999
	MinText   = textLen // least size of a payload in bytes
	streamAt  = markLen + stampLen
	numberAt  = streamAt + fieldLen
	markChars = "abcdefghijklmnopqrstuvwxyz"
)

// mark is what a run's texts begin with: markFirst and a name drawn for the run.
type mark [markLen]byte

// markFirst is in no name, so a room's name is not taken for a text.
const markFirst = 'T'

func newMark() (m mark) {
	m[0] = markFirst
	for i := 1; i < len(m); i++ {
		m[i] = markChars[rand.IntN(len(markChars))]
	}
	return m
}

// name is the run's, for its rooms.
func (m *mark) name() string { return string(m[1:]) }

// appendText appends a text of size bytes, at least MinText.
func (m *mark) appendText(dst []byte, due int64, stream, number, size int) []byte {
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

// find returns where in b a text begins, -1 for nowhere. It looks at guess first:
// in one room the envelope's length hardly changes.
func (m *mark) find(b []byte, guess int) int {
	if guess+textLen <= len(b) && mark(b[guess:guess+markLen]) == *m {
		return guess
	}
	i := bytes.Index(b, m[:])
	if i < 0 || i+textLen > len(b) {
		return -1
	}
	return i
}

// dueOf, streamOf and numberOf read a text; false where a digit is none.
func dueOf(text []byte) (int64, bool) {
	high, ok := parse8(text[markLen:])
	low, okay := parse8(text[markLen+fieldLen:])
	return int64(high)*(maxField+1) + int64(low), ok && okay
}

func streamOf(text []byte) (int, bool) { return parse8(text[streamAt:]) }
func numberOf(text []byte) (int, bool) { return parse8(text[numberAt:]) }

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
