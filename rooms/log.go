package rooms

import "sync"

// chunk is a piece of a room's log: whole frames, one after the other. Bytes are
// only ever appended, within the capacity, so what a reader has sliced
// under the lock stays as it is while others append.
type chunk struct {
	base   int64  // the log's offset at data[0]
	data   []byte // frames
	seq    uint64 // of the last frame
	places int    // segments and members behind that stand in it
	next   *chunk // the log goes on there
}

// end is the offset just past the chunk's last frame.
func (c *chunk) end() int64 { return c.base + int64(len(c.data)) }

// from is the rest of the chunk from offset at.
func (c *chunk) from(at int64) []byte { return c.data[at-c.base:] }

// Chunk sizes in bytes. A batch is one slice of one chunk, so the size bounds the
// batch; the first chunk after idleness is small because most rooms are.
const (
	smallChunk = 4 << 10
	largeChunk = 64 << 10
)

var (
	smallChunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, smallChunk)} }}
	largeChunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, largeChunk)} }}
)

func newChunk(base int64, size int) *chunk {
	var c *chunk
	switch {
	case size <= smallChunk:
		c = smallChunks.Get().(*chunk)
	case size <= largeChunk:
		c = largeChunks.Get().(*chunk)
	default:
		c = &chunk{data: make([]byte, 0, size)}
	}
	c.base = base
	return c
}

func (c *chunk) free() {
	data := c.data[:0]
	*c = chunk{data: data}
	switch cap(data) {
	case smallChunk:
		smallChunks.Put(c)
	case largeChunk:
		largeChunks.Put(c)
	}
}

// roomLog is a room's frames that somebody has yet to be written. Guarded by Room.mu.
type roomLog struct {
	first, last *chunk
	head        int64 // offset just past the last frame
	size        int64 // bytes of capacity in the chunks
}

// reserve returns the last chunk, with at least n bytes of room.
func (l *roomLog) reserve(n int) *chunk {
	if l.last != nil && cap(l.last.data)-len(l.last.data) >= n {
		return l.last
	}
	if l.last != nil {
		n = max(n, largeChunk)
	}
	c := newChunk(l.head, n)
	l.size += int64(cap(c.data))
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
	return c
}

// trim gives back the chunks that nobody stands in or before.
func (l *roomLog) trim() {
	for l.first != nil && l.first.places == 0 {
		c := l.first
		l.first = c.next
		if l.first == nil {
			l.last = nil
		}
		l.size -= int64(cap(c.data))
		c.free()
	}
}
