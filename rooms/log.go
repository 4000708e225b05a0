package rooms

import (
	"sync"

	"plenum/codec/frame"
)

// chunk is a piece of a room's log: whole frames, one after the other. Bytes are
// only ever appended, within the capacity, so what a reader has sliced
// under the lock stays as it is while others append.
type chunk struct {
	base   int64  // the log's offset at data[0]
	data   []byte // frames
	seq    uint64 // of the last frame
	places int    // segments and members behind that stand in it
	next   *chunk // the log goes on there
	owner  Chunks // of data; nil: this package
}

// end is the offset just past the chunk's last frame.
func (c *chunk) end() int64 { return c.base + int64(len(c.data)) }

// from is the rest of the chunk from offset at.
func (c *chunk) from(at int64) []byte { return c.data[at-c.base:] }

// seqAt is the number of the frame at offset at.
func (c *chunk) seqAt(at int64) uint64 { return c.seq - uint64(frame.Count(c.from(at))) + 1 }

// Chunks is memory for the logs of busy rooms.
type Chunks interface {
	// Get returns an empty slice to append to within its capacity; nil: there is
	// none left, and the log takes what it finds elsewhere.
	Get() []byte
	// Put takes one back that is read no more. A room's lock is held.
	Put(b []byte)
}

// Chunk sizes in bytes. A batch is one slice of one chunk, so the size bounds the
// batch; the first chunk after idleness is small because most rooms are. Where a
// large one has not been enough, the room is busy: what follows comes from
// Config.Chunks.
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

// newOwned returns a chunk of memory's; nil where that has none, or less than size.
func newOwned(base int64, size int, memory Chunks) *chunk {
	data := memory.Get()
	if data == nil {
		return nil
	}
	if cap(data) < size {
		memory.Put(data)
		return nil
	}
	return &chunk{base: base, data: data, owner: memory}
}

func (c *chunk) free() {
	data := c.data[:0]
	if c.owner != nil {
		c.owner.Put(data)
		*c = chunk{}
		return
	}
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

// reserve returns the last chunk, with at least n bytes of room. A new one may come
// from memory, where that is not nil.
func (l *roomLog) reserve(n int, memory Chunks) *chunk {
	if l.last != nil && cap(l.last.data)-len(l.last.data) >= n {
		return l.last
	}
	c := l.another(n, memory)
	l.size += int64(cap(c.data))
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
	return c
}

// another returns the chunk to follow the last.
func (l *roomLog) another(n int, memory Chunks) *chunk {
	if l.last == nil {
		return newChunk(l.head, n)
	}
	if memory != nil && cap(l.last.data) >= largeChunk {
		if c := newOwned(l.head, n, memory); c != nil {
			return c
		}
	}
	return newChunk(l.head, max(n, largeChunk))
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
