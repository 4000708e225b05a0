package rooms

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
)

// Quiet chunks hold the announcements of a room that has no user message yet. They are the first chunks of its log, and
// contain nothing else. Announcements resemble each other, and without packing they would take more memory than the members
// of a small room. So a quiet chunk is packed when all members have read it: its frames are compressed. Ten announcements
// shrink to a quarter of their size, in half a microsecond. The chunk is unpacked for the next announcement, and for members
// and calls of Hub.Messages that read it.
//
// If the log keeps no history, its chunks are freed when they are read, and none is quiet.

// quietBuffers holds the memory of quiet chunks that are not packed.
var quietBuffers = sync.Pool{New: func() any { return new([smallChunk]byte) }}

// packBuffers holds memory to pack into.
var packBuffers = sync.Pool{New: func() any { return new([smallChunk + smallChunk/8]byte) }} // at least s2.MaxEncodedLen(smallChunk)

func newQuietChunk(base int64) *chunk {
	return &chunk{base: base, quiet: true, data: quietBuffers.Get().(*[smallChunk]byte)[:0]}
}

// isPacked reports whether the memory of a quiet chunk is no larger than its content, which mostly is compressed then.
func (c *chunk) isPacked() bool { return cap(c.data) != smallChunk }

// packQuiet packs the quiet chunks before the first chunk with readers. A reader of that chunk will read the later ones.
func (l *roomLog) packQuiet() {
	for c := l.first; c != nil && c.quiet && c.readers == 0; c = c.next {
		if !c.isPacked() {
			l.pack(c)
		}
	}
}

// pack packs c, which is quiet and has no readers.
func (l *roomLog) pack(c *chunk) {
	l.size -= c.size()
	buf := packBuffers.Get().(*[smallChunk + smallChunk/8]byte)
	frames, packed := c.data, s2.Encode(buf[:], c.data)
	if len(packed) < len(frames) {
		c.data, c.length = append(make([]byte, 0, len(packed)), packed...), int32(len(frames))
	} else {
		c.data = append(make([]byte, 0, len(frames)), frames...) // a single announcement, or an incompressible one
	}
	c.views, c.viewed = nil, 0
	l.size += c.size()
	packBuffers.Put(buf)
	quietBuffers.Put((*[smallChunk]byte)(frames[:smallChunk]))
}

// unpack unpacks c if it is packed. Then its frames can be read, and frames can be appended.
func (l *roomLog) unpack(c *chunk) {
	if !c.quiet || !c.isPacked() {
		return
	}
	l.size -= c.size()
	buf := quietBuffers.Get().(*[smallChunk]byte)
	if c.length == 0 {
		c.data = append(buf[:0], c.data...)
	} else {
		frames, err := s2.Decode(buf[:], c.data)
		if err != nil || len(frames) != int(c.length) {
			panic(fmt.Sprintf("rooms: a packed chunk is corrupt: %d bytes, want %d: %v", len(frames), c.length, err))
		}
		c.data, c.length = buf[:len(frames)], 0
	}
	l.size += c.size()
}

// unpackFrom unpacks the quiet chunks from c on.
func (l *roomLog) unpackFrom(c *chunk) {
	for ; c != nil && c.quiet; c = c.next {
		l.unpack(c)
	}
}

// freeQuiet returns the memory of a quiet chunk.
func (c *chunk) freeQuiet() {
	if !c.isPacked() {
		quietBuffers.Put((*[smallChunk]byte)(c.data[:smallChunk]))
	}
	*c = chunk{}
}
