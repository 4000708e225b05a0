package deflate

import (
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

var (
	// ErrTooLong says that the inflated message would be longer than the limit.
	ErrTooLong = errors.New("deflate: message too long")
	// ErrCorrupt says that the message is not deflate data, or ends within a block.
	ErrCorrupt = errors.New("deflate: corrupt message")
)

// end is read after every message. It has the tail that the sender removed (section 7.2.2), then an empty block with BFINAL.
// If that block is read as a block, the message has ended at the end of a block.
const end = tail + "\x01" + tail

// source is the input of flate: a message, then end. It is an io.ByteReader, so that flate does not read past a block with
// BFINAL (RFC 1951 section 3.2.3).
type source struct {
	message  []byte
	next     int // offset in message and end of the byte to read next
	lastByte int // offset of the byte that ReadByte returned last
}

func (s *source) ReadByte() (byte, error) {
	i := s.next
	if i >= len(s.message)+len(end) {
		return 0, io.EOF
	}
	s.next, s.lastByte = i+1, i
	if i < len(s.message) {
		return s.message[i], nil
	}
	return end[i-len(s.message)], nil
}

func (s *source) Read(p []byte) (n int, err error) {
	switch i := s.next - len(s.message); {
	case i < 0:
		n = copy(p, s.message[s.next:])
	case i < len(end):
		n = copy(p, end[i:])
	default:
		return 0, io.EOF
	}
	s.next += n
	return n, nil
}

// complete reports whether the block with BFINAL that has just been read is the one of end. Otherwise it is a block of
// the message, which may have consumed end as its data.
//
// The two can be told apart, because end has a stored block. flate reads the first byte of a stored block with ReadByte, and
// its lengths and data with Read. It reads all bytes of a compressed block with ReadByte.
func (s *source) complete() bool {
	return s.next == len(s.message)+len(end) && s.lastByte == len(s.message)+len(tail)
}

// inMessage reports whether all bytes that were read belong to the message and its tail. If bytes after the tail yield
// data, the message did not end at the end of a block.
func (s *source) inMessage() bool { return s.next <= len(s.message)+len(tail) }

// blank is a block with BFINAL and without data. It is read before every message.
//
// If a block has no code for its distances or code lengths (RFC 1951 section 3.2.7), flate uses the code that it read
// last. That may be the code of the previous message, which may come from another peer. blank replaces it with known codes:
// their only symbols are the end of a block and the farthest distance.
var blank = []byte("\x05\xdd\x81\x00\x00\x00\x00\x00\x90\xff\x6b\x25\x00")

// inflater is the state of one call of Inflate. It comes from a pool.
type inflater struct {
	source source
	flate  io.ReadCloser // also a flate.Resetter
	over   [1]byte       // takes the first byte beyond the limit
}

var inflaters = sync.Pool{New: func() any {
	in := new(inflater)
	in.flate = flate.NewReader(&in.source)
	return in
}}

// Inflate appends the inflated message to dst. message is only read.
//
// The error is ErrTooLong if more than limit bytes would be appended. It is ErrCorrupt if message is incomplete or not deflate
// data. With an error, Inflate returns dst unchanged. The capacity of dst grows by at most limit bytes.
//
// A message may contain blocks with BFINAL, and further blocks after these (section 7.2.3.4). The blocks after a BFINAL are
// another deflate stream. They begin at a byte boundary, and may not refer to data before them.
func Inflate(dst, message []byte, limit int) ([]byte, error) {
	in := inflaters.Get().(*inflater)
	out, err := in.append(dst, message, limit)
	in.source = source{}
	inflaters.Put(in)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// nextStream begins to read a deflate stream at the current position of the source.
func (in *inflater) nextStream() {
	_ = in.flate.(flate.Resetter).Reset(&in.source, nil) // never fails
}

// append appends the inflated message to out. It inflates one deflate stream after the other. The last one ends with the block
// in end.
func (in *inflater) append(out, message []byte, limit int) ([]byte, error) {
	in.source = source{message: blank}
	in.nextStream()
	_, _ = in.flate.Read(in.over[:]) // no data and io.EOF

	in.source = source{message: message}
	left := limit
	for {
		in.nextStream()
		for err := error(nil); err != io.EOF; {
			var n int
			room := in.over[:]
			if left > 0 {
				out = grow(out, limit-left, left)
				room = out[len(out):min(cap(out), len(out)+left)]
			}
			n, err = in.flate.Read(room)
			if n > left && in.source.inMessage() {
				return out, ErrTooLong
			}
			if n > left || err != nil && err != io.EOF {
				return out, ErrCorrupt
			}
			out, left = out[:len(out)+n], left-n
		}
		if in.source.complete() {
			return out, nil
		}
	}
}

// minGrow is the least growth of a full slice, in bytes.
const minGrow = 512

// grow returns out with spare capacity. A full slice grows by have, the number of bytes inflated so far, but at least by
// minGrow. It grows by at most left, the number of bytes that are still allowed.
func grow(out []byte, have, left int) []byte {
	if len(out) < cap(out) {
		return out
	}
	grown := make([]byte, len(out), len(out)+min(max(have, minGrow), left))
	copy(grown, out)
	return grown
}
