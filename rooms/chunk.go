package rooms

import (
	"cmp"
	"slices"
	"sync"
)

// chunk is a piece of a room's log: whole frames, one after the other. Bytes are
// only ever appended, within the capacity, so what a reader has sliced
// under the lock stays as it is while others append.
type chunk struct {
	base      int64   // the log's offset at data[0]
	data      []byte  // frames
	index     []entry // one a frame
	seq       uint64  // of the last frame, or of the one before the chunk
	announced uint64  // roomLog.told as it was behind the last frame
	gap       bool    // the first frame tells of those that are missing before it
	readers   int     // segments, members behind and Hub.Messages that have their position in it, so that it stays
	segments  int     // those of readers that are segments
	next      *chunk  // the log goes on there
	owner     Chunks  // of data; nil: this package
	since     moment  // of the first frame's publish

	maxPayload int         // payload that there may be
	views      *renderings // the frames in other views; nil: nobody has read one
	viewed     int64       // what of those is counted in the log's size, in bytes
}

// entry is where a frame is, how old, and whether it is an announcement.
type entry struct {
	packed    uint32 // the offset in chunk.data, and the bit announcement
	published uint32 // Unix seconds
}

// announcement is the bit of entry.where of a frame that the server itself has said.
const announcement = 1 << 31

// mostChunk is the most bytes of a chunk, so that an offset leaves that bit free.
const maxChunk = announcement

// at is the frame's offset in chunk.data.
func (e entry) at() uint32 { return e.packed &^ announcement }

// announces tells whether the frame is an announcement.
func (e entry) announces() bool { return e.packed&announcement != 0 }

// entrySize is an entry's, in bytes.
const entrySize = 8

// end is the offset just past the chunk's last frame.
func (c *chunk) end() int64 { return c.base + int64(len(c.data)) }

// from is the rest of the chunk from offset at.
func (c *chunk) from(at int64) []byte { return c.data[at-c.base:] }

// first is the number of the chunk's first frame.
func (c *chunk) first() uint64 { return c.seq + 1 - uint64(len(c.index)) }

// seqAt is the number of the frame at offset at.
func (c *chunk) seqAt(at int64) uint64 {
	i, _ := slices.BinarySearchFunc(c.index, at-c.base, func(e entry, at int64) int { return cmp.Compare(int64(e.at()), at) })
	return c.first() + uint64(i)
}

// offset is where frame seq begins, which the chunk holds, or would next.
func (c *chunk) offset(seq uint64) int64 {
	if seq > c.seq {
		return c.end()
	}
	return c.base + int64(c.index[max(seq, c.first())-c.first()].at()) // of what is missing: the gap
}

// size is what c takes, in bytes.
func (c *chunk) size() int64 {
	return int64(cap(c.data)) + entrySize*int64(cap(c.index)) + c.viewed
}

// Chunks is memory for the logs of busy rooms.
type Chunks interface {
	// Get returns an empty slice to append to within its capacity; nil: there is
	// none left, and the log takes what it finds elsewhere.
	Get() []byte
	// Put takes one back that is read no more. A room's lock is held.
	Put(b []byte)
}

// Chunk sizes in bytes. A batch is one slice of one chunk, so the size bounds the
// batch; most are small because most rooms are. After a large one that was not enough
// for a second comes one of Config.Chunks.
const (
	minChunk   = 512 // of a log of which some is kept
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
	data, index := c.data[:0], c.index[:0]
	if c.owner != nil {
		c.owner.Put(data)
		*c = chunk{}
		return
	}
	*c = chunk{data: data, index: index}
	switch cap(data) {
	case smallChunk:
		smallChunks.Put(c)
	case largeChunk:
		largeChunks.Put(c)
	}
}
