package rooms

import (
	"cmp"
	"slices"
	"sync"
)

// chunk is a piece of a room's log: whole frames, one after another. Bytes are only appended,
// within the capacity. So bytes that a reader has sliced under the lock do not change, and may be
// read without it.
type chunk struct {
	base      int64        // the position of data[0] in the log
	data      []byte       // whole frames, or their compressed form (see length)
	index     []entry      // one per frame
	seq       uint64       // number of the last frame; if there is none, of the last frame before the chunk
	announced uint64       // roomLog.announced after the last frame
	next      *chunk       // the following chunk
	owner     *chunkMemory // to which data is given back; nil if data is from the heap or a pool
	since     moment       // when the first frame was published
	readers   int32        // segments, notes of rounds, members behind and calls of Hub.Messages whose position is in the chunk, which keep it
	segments  int32        // how many of the readers are segments and notes
	gap       bool         // the first frame is a gap message about messages missing before it
	quiet     bool         // see chunk_quiet.go
	length    int32        // size of the frames in bytes, if data is their compressed form; otherwise 0

	maxPayload int         // largest payload, or more
	views      *renderings // nil if no member has read a View of it
	viewed     int64       // bytes of views that are counted in roomLog.size
}

// entry describes one frame of a chunk.
type entry struct {
	packed    uint32 // offset in chunk.data, and the bit announcement
	published uint32 // time of publishing, Unix seconds
}

// announcement is the bit of entry.packed that marks an announcement.
const announcement = 1 << 31

// maxChunk is the largest size of a chunk, in bytes. A larger offset would use the bit announcement.
const maxChunk = announcement

// at returns the frame's offset in chunk.data.
func (e entry) at() uint32 { return e.packed &^ announcement }

// announces reports whether the frame is an announcement.
func (e entry) announces() bool { return e.packed&announcement != 0 }

// entrySize is the size of an entry, in bytes.
const entrySize = 8

// end returns the position after the chunk's last frame.
func (c *chunk) end() int64 { return c.base + int64(max(int(c.length), len(c.data))) }

// from returns the frames from position at on. The chunk is not packed.
func (c *chunk) from(at int64) []byte { return c.data[at-c.base:] }

// first returns the number of the chunk's first frame.
func (c *chunk) first() uint64 { return c.seq + 1 - uint64(len(c.index)) }

// seqAt returns the number of the frame at position at. If at is the end of the chunk, that is the next frame.
func (c *chunk) seqAt(at int64) uint64 {
	i, _ := slices.BinarySearchFunc(c.index, at-c.base, func(e entry, at int64) int { return cmp.Compare(int64(e.at()), at) })
	return c.first() + uint64(i)
}

// offset returns the position of frame seq, which is in the chunk or is the next one.
func (c *chunk) offset(seq uint64) int64 {
	if seq > c.seq {
		return c.end()
	}
	return c.base + int64(c.index[max(seq, c.first())-c.first()].at()) // a missing message has the position of the gap
}

// enterSegment counts a segment, or a note, as a reader of c. c may be nil.
func (c *chunk) enterSegment() {
	if c != nil {
		c.readers++
		c.segments++
	}
}

// leaveSegment is the opposite of enterSegment.
func (c *chunk) leaveSegment() {
	if c != nil {
		c.readers--
		c.segments--
	}
}

// size returns the memory that c uses, in bytes.
func (c *chunk) size() int64 {
	return int64(cap(c.data)) + entrySize*int64(cap(c.index)) + c.viewed
}

// Chunk sizes in bytes. A batch is a slice of one chunk, so the size bounds the batch. Most chunks
// are small, because most rooms are. A log that keeps history begins with quiet chunks, if its first
// frames are announcements. A room that fills a small chunk within a second gets a large
// one next. If it fills that within a second, the next one comes from Config.Chunks.
const (
	minChunk   = 512 // the smallest chunk of a log that keeps history, except for quiet ones
	smallChunk = 4 << 10
	largeChunk = 64 << 10
)

var (
	smallChunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, smallChunk)} }}
	largeChunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, largeChunk)} }}
)

// newChunk returns an empty chunk with space for size bytes.
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

// free returns the memory of c, which has no readers.
func (c *chunk) free() {
	if c.quiet {
		c.freeQuiet()
		return
	}
	if c.owner != nil {
		c.owner.drop(c)
		return
	}
	data, index := c.data[:0], c.index[:0]
	*c = chunk{data: data, index: index}
	switch cap(data) {
	case smallChunk:
		smallChunks.Put(c)
	case largeChunk:
		largeChunks.Put(c)
	}
}
