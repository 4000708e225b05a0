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
	base     int64   // the log's offset at data[0]
	data     []byte  // frames
	index    []entry // one a frame
	seq      uint64  // of the last frame, or of the one before the chunk
	told     uint64  // roomLog.told as it was behind the last frame
	gap      bool    // the first frame tells of those that are missing before it
	readers  int     // segments, members behind and Hub.Messages that have their position in it, so that it stays
	segments int     // those of readers that are segments
	next     *chunk  // the log goes on there
	owner    Chunks  // of data; nil: this package
	since    moment  // of the first frame's publish

	longest int         // payload that there may be
	views   *renderings // the frames in other views; nil: nobody has read one
	viewed  int64       // what of those is counted in the log's size, in bytes
}

// entry is where a frame is, how old, and whether it is an announcement.
type entry struct {
	where uint32 // the offset in chunk.data, and the bit announcement
	born  uint32 // Unix seconds
}

// announcement is the bit of entry.where of a frame that the server itself has said.
const announcement = 1 << 31

// mostChunk is the most bytes of a chunk, so that an offset leaves that bit free.
const mostChunk = announcement

// at is the frame's offset in chunk.data.
func (e entry) at() uint32 { return e.where &^ announcement }

// announces tells whether the frame is an announcement.
func (e entry) announces() bool { return e.where&announcement != 0 }

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
	leastChunk = 512 // of a log of which some is kept
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

// roomLog is a room's frames that some member has yet to be written, or that are kept
// for members that come later. Guarded by Room.mu.
type roomLog struct {
	kept        bool // some of it is, when every member has read it; set at creation
	first, last *chunk
	head        int64  // offset just past the last frame
	seq         uint64 // of the last frame
	told        uint64 // how many announcements there have been
	size        int64  // bytes that the chunks take
}

// append has frame append the next message, of at most n bytes, which is born so many
// Unix seconds after the epoch and is an announcement or not. A new chunk may come from
// memory, where that is not nil.
func (l *roomLog) append(n int, memory Chunks, born uint32, announces bool, frame func(dst []byte, seq uint64) []byte) *chunk {
	c := l.reserve(n, memory, born)
	l.seq++
	had := cap(c.index)
	where := uint32(len(c.data))
	if announces {
		where |= announcement
		l.told++
	}
	c.index = append(c.index, entry{where, born})
	l.size += entrySize * int64(cap(c.index)-had)
	c.data = frame(c.data, l.seq)
	c.longest = max(c.longest, n)
	c.seq, c.told = l.seq, l.told
	l.head = c.end()
	return c
}

// reserve returns the last chunk, with at least n bytes of room for what is born then.
func (l *roomLog) reserve(n int, memory Chunks, born uint32) *chunk {
	if l.last != nil && cap(l.last.data)-len(l.last.data) >= n && l.last.seq == l.seq {
		return l.last
	}
	c := l.another(n, memory, born)
	c.seq, c.told = l.seq, l.told
	l.size += c.size()
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
	return c
}

// another returns the chunk to follow the last: a large one where that was not small
// itself, and yet filled within a second, for then the room is busy.
func (l *roomLog) another(n int, memory Chunks, born uint32) *chunk {
	if l.last == nil || cap(l.last.data) < smallChunk || len(l.last.index) == 0 || born-l.last.index[0].born > 1 {
		return l.small(n)
	}
	if memory != nil && cap(l.last.data) >= largeChunk {
		if c := newOwned(l.head, n, memory); c != nil {
			return c
		}
	}
	return newChunk(l.head, max(n, largeChunk))
}

// small returns a chunk to begin with, or for a quiet room: half as large as the log is by
// then, so that a room takes little more than what it keeps.
func (l *roomLog) small(n int) *chunk {
	if size := max(int64(n), l.size/2, leastChunk); l.kept && size < smallChunk {
		return &chunk{base: l.head, data: make([]byte, 0, size)}
	}
	return newChunk(l.head, n)
}

// behind is how many messages of users and how many announcements come after frame seq of c. A
// message that is missing counts as a user's.
func (l *roomLog) behind(c *chunk, seq uint64) (messages, announcements uint64) {
	announcements = l.told - c.told
	for _, e := range c.index[seq+1-c.first():] {
		if e.announces() {
			announcements++
		}
	}
	return l.seq - seq - announcements, announcements
}

// lag returns how far the first chunk that is read, as told by reads, is from the head, in bytes; 0 if there is none.
func (l *roomLog) lag(reads func(*chunk) bool) int64 {
	for c := l.first; c != nil; c = c.next {
		if reads(c) {
			return l.head - c.base
		}
	}
	return 0
}

// backlog tells whether the last segment, and not only members behind, is more than limit bytes
// from the head, give or take a chunk.
func (l *roomLog) backlog(limit int64) bool {
	return l.size > limit && l.lag(func(c *chunk) bool { return c.segments > 0 }) > limit
}

// behindGap is next, or where that is missing the first message that is not.
func (l *roomLog) behindGap(next uint64) uint64 {
	for c := l.first; c != nil; c = c.next {
		if c.gap && c.seq >= next && c.first() >= next {
			return c.first() + 1
		}
		if c.seq >= next {
			break
		}
	}
	return next
}

// latest is the first frame that may be one, given as an index of a chunk, with fewer than messages
// messages of users and fewer than announcements announcements behind it; seq+1 if there is none.
func (l *roomLog) latest(messages, announcements uint64, may func(c *chunk, i int) bool) uint64 {
	for c := l.first; c != nil; c = c.next {
		users, told := l.behind(c, c.first()-1)
		for i, e := range c.index {
			if e.announces() {
				told--
			} else {
				users--
			}
			if users < messages && told < announcements && may(c, i) {
				return c.first() + uint64(i)
			}
		}
	}
	return l.seq + 1
}

// dropWhile drops the chunks from the first on that no member reads, up to one that
// is wanted.
func (l *roomLog) dropWhile(unwanted func(c *chunk) bool) {
	for l.first != nil && l.first.readers == 0 && unwanted(l.first) {
		l.drop()
	}
}

// drop gives the first chunk back, which no member reads.
func (l *roomLog) drop() {
	c := l.first
	l.first = c.next
	if l.first == nil {
		l.last = nil
	}
	l.size -= c.size()
	c.free()
}

// isRead tells whether the log cannot be copied: a member reads a chunk of it, or a gap begins one.
func (l *roomLog) isRead() bool {
	for c := l.first; c != nil; c = c.next {
		if c.readers > 0 || c.gap {
			return true
		}
	}
	return false
}

// shrink drops the frames before frame next, which the log has, and copies the others into one chunk of their
// size, if that is by a fifth smaller. Nobody reads the log.
func (l *roomLog) shrink(next uint64) {
	l.dropWhile(func(c *chunk) bool { return c.seq < next })
	from := l.first.offset(next)
	if l.head-from >= mostChunk {
		return
	}
	if needed := l.head - from + entrySize*int64(l.seq+1-next); l.size <= needed+needed/4 {
		return
	}
	c := &chunk{base: from, data: make([]byte, 0, l.head-from), index: make([]entry, 0, l.seq+1-next), seq: l.seq, told: l.told}
	for old := l.first; old != nil; old = old.next {
		c.longest = max(c.longest, old.longest)
		for i, e := range old.index {
			if seq := old.first() + uint64(i); seq >= next {
				c.index = append(c.index, entry{uint32(old.base+int64(e.at())-from) | e.where&announcement, e.born})
			}
		}
		c.data = append(c.data, old.from(max(from, old.base))...)
	}
	l.dropWhile(func(*chunk) bool { return true })
	l.first, l.last, l.size = c, c, c.size()
}
