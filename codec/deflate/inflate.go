package deflate

import (
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

var (
	// ErrTooLong is a message that would be longer, inflated, than it may.
	ErrTooLong = errors.New("deflate: message too long")
	// ErrCorrupt is a message that is no deflate data, or that ends within a block.
	ErrCorrupt = errors.New("deflate: corrupt message")
)

// end follows every message: the tail that its sender cut off (section 7.2.2), then an
// empty block with BFINAL, by which the reader tells that the message ended at a block's end.
const end = tail + "\x01" + tail

// source is a message and its end, for flate to read. That it is an io.ByteReader keeps
// flate from reading past a block with BFINAL (RFC 1951 section 3.2.3).
type source struct {
	message []byte
	at      int // what is read next, of message and end
	byByte  int // where the last byte stood that ReadByte gave
}

func (s *source) ReadByte() (byte, error) {
	i := s.at
	if i >= len(s.message)+len(end) {
		return 0, io.EOF
	}
	s.at, s.byByte = i+1, i
	if i < len(s.message) {
		return s.message[i], nil
	}
	return end[i-len(s.message)], nil
}

func (s *source) Read(p []byte) (n int, err error) {
	switch i := s.at - len(s.message); {
	case i < 0:
		n = copy(p, s.message[s.at:])
	case i < len(end):
		n = copy(p, end[i:])
	default:
		return 0, io.EOF
	}
	s.at += n
	return n, nil
}

// whole tells, when a block with BFINAL has been read, whether it is the one at the end
// and not one of the message that took the end for its own data. Of a stored block
// flate takes the first byte by ReadByte and its lengths and data by Read; all of a
// compressed one by ReadByte.
func (s *source) whole() bool {
	return s.at == len(s.message)+len(end) && s.byByte == len(s.message)+len(tail)
}

// inside tells whether what was read is of the message, its tail included. Where it is not,
// and still gives data, the message did not end at a block's end.
func (s *source) inside() bool { return s.at <= len(s.message)+len(tail) }

// blank is a block with BFINAL and no data, which comes before every message. Where a
// block has no code for its distances or code lengths (RFC 1951 section 3.2.7), flate uses
// the one it read last, also that of the message before, which may be another peer's.
// So that is this one's: the end of a block, and the farthest distance.
var blank = []byte("\x05\xdd\x81\x00\x00\x00\x00\x00\x90\xff\x6b\x25\x00")

// inflater is what one Inflate works with.
type inflater struct {
	source source
	flate  io.ReadCloser // and flate.Resetter
	over   [1]byte       // for the byte that would be too much
}

var inflaters = sync.Pool{New: func() any {
	in := new(inflater)
	in.flate = flate.NewReader(&in.source)
	return in
}}

// Inflate appends what message inflates to, at most limit bytes: where there is more it is
// ErrTooLong, and dst has not grown further. Of a message that is not whole or not deflate
// data it is ErrCorrupt. With an error, dst is given back as it was.
//
// A message may have blocks with BFINAL, and blocks after one (section 7.2.3.4), which
// begin at a byte and may not refer to what came before it, as they are of another
// deflate stream. message is only read.
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

// next begins a stream at the source's.
func (in *inflater) next() {
	_ = in.flate.(flate.Resetter).Reset(&in.source, nil) // never fails
}

// append reads stream after stream, the last of which is the source's end.
func (in *inflater) append(out, message []byte, limit int) ([]byte, error) {
	in.source = source{message: blank}
	in.next()
	_, _ = in.flate.Read(in.over[:]) // none, and io.EOF

	in.source = source{message: message}
	left := limit
	for {
		in.next()
		for err := error(nil); err != io.EOF; {
			var n int
			room := in.over[:]
			if left > 0 {
				out = grow(out, limit-left, left)
				room = out[len(out):min(cap(out), len(out)+left)]
			}
			n, err = in.flate.Read(room)
			if n > left && in.source.inside() {
				return out, ErrTooLong
			}
			if n > left || err != nil && err != io.EOF {
				return out, ErrCorrupt
			}
			out, left = out[:len(out)+n], left-n
		}
		if in.source.whole() {
			return out, nil
		}
	}
}

// minGrow is the least by which a full slice grows, in bytes.
const minGrow = 512

// grow makes room in out where there is none: as much as has come already, and no more
// than may still come.
func grow(out []byte, come, left int) []byte {
	if len(out) < cap(out) {
		return out
	}
	grown := make([]byte, len(out), len(out)+min(max(come, minGrow), left))
	copy(grown, out)
	return grown
}
