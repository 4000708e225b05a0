package rooms

// roomLog is a room's frames that some member has yet to be written, or that are kept
// for members that come later. Guarded by Room.mu.
type roomLog struct {
	keepsHistory bool // some of it is, when every member has read it; set at creation
	first, last  *chunk
	head         int64  // offset just past the last frame
	seq          uint64 // of the last frame
	announced    uint64 // how many announcements there have been
	size         int64  // bytes that the chunks take
}

// append has frame append the next message, of at most n bytes, which is born so many
// Unix seconds after the epoch and is an announcement or not. A new chunk may come from
// memory, where that is not nil.
func (l *roomLog) append(n int, memory Chunks, published uint32, announces bool, frame func(dst []byte, seq uint64) []byte) *chunk {
	c := l.reserve(n, memory, published)
	l.seq++
	had := cap(c.index)
	where := uint32(len(c.data))
	if announces {
		where |= announcement
		l.announced++
	}
	c.index = append(c.index, entry{where, published})
	l.size += entrySize * int64(cap(c.index)-had)
	c.data = frame(c.data, l.seq)
	c.maxPayload = max(c.maxPayload, n)
	c.seq, c.announced = l.seq, l.announced
	l.head = c.end()
	return c
}

// reserve returns the last chunk, with at least n bytes of room for what is born then.
func (l *roomLog) reserve(n int, memory Chunks, published uint32) *chunk {
	if l.last != nil && cap(l.last.data)-len(l.last.data) >= n && l.last.seq == l.seq {
		return l.last
	}
	c := l.nextChunk(n, memory, published)
	c.seq, c.announced = l.seq, l.announced
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
func (l *roomLog) nextChunk(n int, memory Chunks, published uint32) *chunk {
	if l.last == nil || cap(l.last.data) < smallChunk || len(l.last.index) == 0 || published-l.last.index[0].published > 1 {
		return l.newSmallChunk(n)
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
func (l *roomLog) newSmallChunk(n int) *chunk {
	if size := max(int64(n), l.size/2, minChunk); l.keepsHistory && size < smallChunk {
		return &chunk{base: l.head, data: make([]byte, 0, size)}
	}
	return newChunk(l.head, n)
}

// behind is how many messages of users and how many announcements come after frame seq of c. A
// message that is missing counts as a user's.
func (l *roomLog) countAfter(c *chunk, seq uint64) (messages, announcements uint64) {
	announcements = l.announced - c.announced
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
func (l *roomLog) hasBacklog(limit int64) bool {
	return l.size > limit && l.lag(func(c *chunk) bool { return c.segments > 0 }) > limit
}

// behindGap is next, or where that is missing the first message that is not.
func (l *roomLog) skipGap(next uint64) uint64 {
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
func (l *roomLog) startOfLatest(messages, announcements uint64, may func(c *chunk, i int) bool) uint64 {
	for c := l.first; c != nil; c = c.next {
		users, told := l.countAfter(c, c.first()-1)
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
	if l.head-from >= maxChunk {
		return
	}
	if needed := l.head - from + entrySize*int64(l.seq+1-next); l.size <= needed+needed/4 {
		return
	}
	c := &chunk{base: from, data: make([]byte, 0, l.head-from), index: make([]entry, 0, l.seq+1-next), seq: l.seq, announced: l.announced}
	for old := l.first; old != nil; old = old.next {
		c.maxPayload = max(c.maxPayload, old.maxPayload)
		for i, e := range old.index {
			if seq := old.first() + uint64(i); seq >= next {
				c.index = append(c.index, entry{uint32(old.base+int64(e.at())-from) | e.packed&announcement, e.published})
			}
		}
		c.data = append(c.data, old.from(max(from, old.base))...)
	}
	l.dropWhile(func(*chunk) bool { return true })
	l.first, l.last, l.size = c, c, c.size()
}
