package message

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// A text consists of:
//
//   - the mark of the run, by which the text is found in any envelope of a server;
//   - the time at which it is due;
//   - its stream, which is one sender in one room;
//   - its number in the stream, from 1, or 0 for a probe;
//   - padding.
//
// The time, the stream and the number are decimal with a fixed width. The mark and the padding have
// no character that JSON escapes. So no JSON encoder changes a text. Texts of fewer than HeadSize
// bytes are shorter forms of the same (short.go).
const (
	markLen   = 8
	stampLen  = 16 // microseconds of clock.Monotonic
	fieldLen  = 8
	maxField  = 99_999_999
	streamAt  = markLen + stampLen
	numberAt  = streamAt + fieldLen
	markChars = "abcdefghijklmnopqrstuvwxyz"
)

// HeadSize is the size of a text without padding. Texts of fewer bytes have another form, which
// needs ShortHeadSize.
const HeadSize = markLen + stampLen + 2*fieldLen

// Mark is the beginning of all texts of a run: a letter for the form of the texts, and the run's
// random name. Short texts have only its first letters.
type Mark [markLen]byte

// markFirst is in no name, so a room's name is never mistaken for a text.
const markFirst = 'T'

// NewMark returns a random mark for texts of HeadSize bytes or more.
func NewMark() Mark { return MarkFor(HeadSize) }

// MarkFor returns a random mark for texts of size bytes.
func MarkFor(size int) (m Mark) {
	m[0] = markFirst
	if size < HeadSize {
		m[0] = shortFirst
	}
	for i := 1; i < len(m); i++ {
		m[i] = markChars[rand.IntN(len(markChars))]
	}
	return m
}

// Name returns the name of the run, which is part of its rooms' names.
func (m *Mark) Name() string { return string(m[1:]) }

// Head returns the size of a text without padding.
func (m *Mark) Head() int {
	if m.short() {
		return ShortHeadSize
	}
	return HeadSize
}

// Start returns the bytes with which each text begins.
func (m *Mark) Start() []byte {
	if m.short() {
		return m[:shortMarkLen]
	}
	return m[:]
}

func (m *Mark) short() bool { return m[0] == shortFirst }

// AppendText appends a text of size bytes, at least m.Head(), to dst. due is in microseconds.
func (m *Mark) AppendText(dst []byte, due int64, stream, number, size int) []byte {
	end := len(dst) + size
	if m.short() {
		dst = m.appendShort(dst, due, stream, number)
	} else {
		dst = m.appendLong(dst, due, stream, number)
	}
	for len(dst) < end {
		dst = append(dst, 'x')
	}
	return dst
}

func (m *Mark) appendLong(dst []byte, due int64, stream, number int) []byte {
	dst = append(dst, m[:]...)
	dst = appendFixed(dst, uint64(due), stampLen)
	dst = appendFixed(dst, uint64(stream), fieldLen)
	return appendFixed(dst, uint64(number), fieldLen)
}

func appendFixed(dst []byte, n uint64, width int) []byte {
	var digits [stampLen]byte
	for i := width - 1; i >= 0; i-- {
		digits[i] = '0' + byte(n%10)
		n /= 10
	}
	return append(dst, digits[:width]...)
}

// Find returns the offset in b at which a text begins, or -1. It tries guess first: in one
// room, the envelope's length rarely changes.
func (m *Mark) Find(b []byte, guess int) int {
	if guess+HeadSize <= len(b) && Mark(b[guess:guess+markLen]) == *m {
		return guess
	}
	start, head := m.Start(), m.Head()
	if guess+head <= len(b) && bytes.HasPrefix(b[guess:], start) {
		return guess
	}
	i := bytes.Index(b, start)
	if i < 0 || i+head > len(b) {
		return -1
	}
	return i
}

// Due returns the due time of a text in microseconds of clock.Monotonic. ok is false if the
// field is not a number.
func Due(text []byte) (int64, bool) {
	if text[0] == shortFirst {
		return parseDigits(text[shortMarkLen:shortStreamAt])
	}
	high, highOK := parse8(text[markLen:])
	low, lowOK := parse8(text[markLen+fieldLen:])
	return int64(high)*(maxField+1) + int64(low), highOK && lowOK
}

// Stream returns the stream of a text. ok is false if the field is not a number.
func Stream(text []byte) (int, bool) {
	if text[0] == shortFirst {
		return parseShortField(text[shortStreamAt:])
	}
	return parse8(text[streamAt:])
}

// Number returns the number of a text in its stream. ok is false if the field is not a number.
func Number(text []byte) (int, bool) {
	if text[0] == shortFirst {
		return parseShortField(text[shortNumberAt:])
	}
	return parse8(text[numberAt:])
}

// parse8 parses eight decimal digits at once: first pairs, then groups of four, then all eight.
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
