package rooms

// roomLog holds a room's frames that are still to be written to some member, or that the history
// retains. It is guarded by Room.mu.
type roomLog struct {
	keepsHistory bool // the history may retain frames that all members have read; set at creation
	first, last  *chunk
	head         int64  // the position after the last frame
	seq          uint64 // number of the last frame
	announced    uint64 // number of announcements so far
	size         int64  // memory that the chunks use, in bytes
}

// append appends the next frame, which the function frame appends to dst, of at most n bytes. published
// is its time in Unix seconds. announces marks an announcement. A new chunk may come from memory.
// append returns the frame's chunk.
func (l *roomLog) append(n int, memory *chunkMemory, published uint32, announces bool, frame func(dst []byte, seq uint64) []byte) *chunk {
	c := l.reserve(n, memory, published, announces)
	l.seq++
	had := cap(c.index)
	where := uint32(len(c.data))
	if announces {
		where |= announcement
		l.announced++
	}
	if c.quiet {
		c.index = grow(c.index)
	}
	c.index = append(c.index, entry{where, published})
	l.size += entrySize * int64(cap(c.index)-had)
	c.data = frame(c.data, l.seq)
	c.maxPayload = max(c.maxPayload, n)
	c.seq, c.announced = l.seq, l.announced
	l.head = c.end()
	return c
}

// reserve returns the last chunk, with space for at least n more bytes. If necessary, it adds a chunk.
// announces says that the bytes are an announcement. memory may be nil.
func (l *roomLog) reserve(n int, memory *chunkMemory, published uint32, announces bool) *chunk {
	if last := l.last; last != nil && last.seq == l.seq && (announces || !last.quiet) {
		l.unpack(last)
		if cap(last.data)-len(last.data) >= n {
			return last
		}
	}
	c := l.nextChunk(n, memory, published, announces)
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

// nextChunk returns a chunk to follow the last one. The chunk is quiet if the log has no user message
// yet, and this is an announcement. The chunk is large if the room is busy: the last chunk had at least
// the size smallChunk, and was filled within a second.
func (l *roomLog) nextChunk(n int, memory *chunkMemory, published uint32, announces bool) *chunk {
	nobodySpoke := l.last == nil || l.last.quiet
	if nobodySpoke && announces && l.keepsHistory && n <= smallChunk {
		return newQuietChunk(l.head)
	}
	if nobodySpoke || cap(l.last.data) < smallChunk || len(l.last.index) == 0 || published-l.last.index[0].published > 1 {
		return l.newSmallChunk(n)
	}
	if memory != nil && cap(l.last.data) >= largeChunk {
		if c := memory.newChunk(l.head, n); c != nil {
			return c
		}
	}
	return newChunk(l.head, max(n, largeChunk))
}

// newSmallChunk returns the first chunk of a log, or the next one of a room that is not busy. If the log
// keeps history, the chunk is half as large as the log, so that a room uses little more memory than it
// needs.
func (l *roomLog) newSmallChunk(n int) *chunk {
	if size := max(int64(n), l.size/2, minChunk); l.keepsHistory && size < smallChunk {
		return &chunk{base: l.head, data: make([]byte, 0, size)}
	}
	return newChunk(l.head, n)
}

// countAfter returns the number of user messages and of announcements after frame seq, which is in
// c or is the one before c. A missing message counts as a user message.
func (l *roomLog) countAfter(c *chunk, seq uint64) (messages, announcements uint64) {
	announcements = l.announced - c.announced
	for _, e := range c.index[seq+1-c.first():] {
		if e.announces() {
			announcements++
		}
	}
	return l.seq - seq - announcements, announcements
}

// lag returns the distance in bytes from the first chunk for which reads is true to the head. It
// returns 0 if there is no such chunk.
func (l *roomLog) lag(reads func(*chunk) bool) int64 {
	for c := l.first; c != nil; c = c.next {
		if reads(c) {
			return l.head - c.base
		}
	}
	return 0
}

// firstRead returns the start of the first chunk with readers, or the head if no chunk has any.
func (l *roomLog) firstRead() int64 {
	for c := l.first; c != nil; c = c.next {
		if c.readers > 0 {
			return c.base
		}
	}
	return l.head
}

// hasBacklog reports whether a segment, and not only members behind, is more than limit bytes from
// the head. It is accurate to one chunk.
func (l *roomLog) hasBacklog(limit int64) bool {
	return l.size > limit && l.lag(func(c *chunk) bool { return c.segments > 0 }) > limit
}

// skipGap returns next or, if message next is missing, the number of the first message after the gap.
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

// startOfLatest returns the number of the first frame that may begin the latest part of the log. After
// it there are fewer than messages user messages, and fewer than announcements announcements, and
// may(chunk, index) is true for it. startOfLatest returns seq+1 if there is no such frame.
func (l *roomLog) startOfLatest(messages, announcements uint64, may func(c *chunk, i int) bool) uint64 {
	for c := l.first; c != nil; c = c.next {
		users, announced := l.countAfter(c, c.first()-1)
		for i, e := range c.index {
			if e.announces() {
				announced--
			} else {
				users--
			}
			if users < messages && announced < announcements && may(c, i) {
				return c.first() + uint64(i)
			}
		}
	}
	return l.seq + 1
}

// dropWhile drops chunks from the start of the log, until one has readers or unwanted returns false
// for it.
func (l *roomLog) dropWhile(unwanted func(c *chunk) bool) {
	for l.first != nil && l.first.readers == 0 && unwanted(l.first) {
		l.drop()
	}
}

// drop frees the first chunk, which has no readers.
func (l *roomLog) drop() {
	c := l.first
	l.first = c.next
	if l.first == nil {
		l.last = nil
	}
	l.size -= c.size()
	c.free()
}

// isRead reports whether a chunk has readers or begins with a gap. Then the log must not be copied.
func (l *roomLog) isRead() bool {
	for c := l.first; c != nil; c = c.next {
		if c.readers > 0 || c.gap {
			return true
		}
	}
	return false
}

// shrink drops the frames before frame next, which the log has, and copies the others into one
// chunk of their size. It does not copy if that saves less than a fifth of the memory, or if the
// chunk would exceed maxChunk. Quiet chunks are not copied. No chunk has readers.
func (l *roomLog) shrink(next uint64) {
	l.dropWhile(func(c *chunk) bool { return c.seq < next })
	l.packQuiet()
	var quiet *chunk // the last one
	first, size := l.first, l.size
	for ; first != nil && first.quiet; first = first.next {
		quiet, size = first, size-first.size()
	}
	if first == nil {
		return
	}
	next = max(next, first.first())
	from := first.offset(next)
	if l.head-from >= maxChunk {
		return
	}
	if needed := l.head - from + entrySize*int64(l.seq+1-next); size <= needed+needed/4 {
		return
	}
	c := &chunk{base: from, data: make([]byte, 0, l.head-from), index: make([]entry, 0, l.seq+1-next), seq: l.seq, announced: l.announced}
	for old := first; old != nil; old = old.next {
		c.maxPayload = max(c.maxPayload, old.maxPayload)
		for i, e := range old.index {
			if seq := old.first() + uint64(i); seq >= next {
				c.index = append(c.index, entry{uint32(old.base+int64(e.at())-from) | e.packed&announcement, e.published})
			}
		}
		c.data = append(c.data, old.from(max(from, old.base))...)
	}
	for first != nil {
		old := first
		first = old.next
		old.free()
	}
	l.last, l.size = c, l.size-size+c.size()
	if quiet == nil {
		l.first = c
		return
	}
	quiet.next = c
}
