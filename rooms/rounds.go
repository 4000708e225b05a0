package rooms

// rounds wakes the segments of a room that has several of them. A publish only notes where the new frames begin, so that it
// takes the same time in every room. The rounds are queued as one piece of work. The goroutines that take it from the queue
// visit the segments, some at a time, begin their flushes, and queue it again. Room.mu guards the fields.
//
// A segment that has reached the head of the log leaves the chunks. It stays idle at its position when frames are appended,
// until a round visits it. The notes keep the chunks for such segments.
type rounds struct {
	work // its segment is nil

	older, newer note
	unvisited    int   // the segments with lower slots are to be visited in this round
	active       bool  // a round is not over: the work is in the queue, or a goroutine is about to push it, or has taken it
	again        bool  // another round follows
	waiting      int64 // the part of the counter QueuedSegments that is from these rounds
}

// note is a position in the log that was its head when frames were appended. A segment without a chunk is at the head of the
// log, or at or after the position of the oldest note.
type note struct {
	chunk *chunk // the chunk that at is in, of which the note is a reader; nil if there is no note
	at    int64
	since moment // when the frame at at was published
}

const (
	maxTogether = 16 // flushes that a goroutine begins together
	maxVisited  = 32 // segments that are visited at a time: they may have nothing to write
)

func newRounds(r *Room) *rounds {
	d := &rounds{work: work{room: r}}
	d.item.Of = &d.work
	return d
}

// isOver reports whether there is nothing to visit. mu is held.
func (d *rounds) isOver() bool { return !d.active && d.older.chunk == nil }

// oldest returns the older note that exists. mu is held.
func (d *rounds) oldest() *note {
	if d.older.chunk == nil {
		return &d.newer
	}
	return &d.older
}

// covers reports whether a note keeps the log from position at on. d may be nil. mu is held.
func (d *rounds) covers(at int64) bool {
	return d != nil && d.oldest().chunk != nil && at >= d.oldest().at
}

// hasBacklog reports whether a note is more than limit bytes from the head. d may be nil. mu is held.
func (d *rounds) hasBacklog(limit int64) bool {
	return d != nil && d.oldest().chunk != nil && d.room.log.head-d.oldest().at > limit
}

// appended notes that frames were appended at position at, the head before them. c is the chunk with the first of them.
// published is the argument for segment.stamp. mu is held.
func (d *rounds) appended(c *chunk, at int64, published moment) {
	m := &d.older
	if d.active {
		m = &d.newer
	}
	if m.chunk != nil {
		return
	}
	if published == 0 {
		published = d.room.hub.clock.now()
	}
	c.enterSegment()
	*m = note{c, at, published}
}

// start starts a round, so that the caller must push the work. If one is active, another one follows it, and start returns
// false. mu is held.
func (d *rounds) start() bool {
	if d.active {
		d.again = true
		return false
	}
	d.active = true
	d.unvisited = len(d.room.members.segments)
	d.count()
	return true
}

// take begins the flushes of some segments. f has none yet. left is the amount of work that they may have. If take returns a
// size other than 0, the caller must push the work again with this size. The size includes the segments that were just taken,
// so that as many workers are woken as for all of them. If take returns 0, the rounds are over. mu is held.
func (d *rounds) take(f *flusher, left int) (size int) {
	size = d.size()
	segments := d.room.members.segments
	d.unvisited = min(d.unvisited, len(segments)) // a dropped segment's slot is taken by the last segment
	together := min(maxTogether, max(1, d.unvisited/(2*d.room.hub.cfg.Workers)))
	for n := 0; n < maxVisited && d.unvisited > 0 && len(f.begun()) < together && left > 0; n++ {
		d.unvisited--
		s := segments[d.unvisited]
		d.tell(s)
		if s.state == idle && s.isDue() {
			left -= s.begin(f).work()
		}
	}
	if d.unvisited == 0 {
		d.end()
	}
	d.count()
	if !d.active {
		return 0
	}
	return max(size, d.size())
}

// end ends a round, and starts the next one if there is something to visit. mu is held.
func (d *rounds) end() {
	d.older.chunk.leaveSegment()
	d.older, d.newer = d.newer, note{}
	d.unvisited = 0
	if d.again {
		d.unvisited = len(d.room.members.segments)
	}
	d.active, d.again = d.unvisited > 0, false
}

// abandon forgets the notes, because the room has no segment any more. mu is held.
func (d *rounds) abandon() {
	d.older.chunk.leaveSegment()
	d.newer.chunk.leaveSegment()
	d.older, d.newer = note{}, note{}
	d.unvisited, d.again = 0, false
	d.count()
}

// tell gives s its chunk and its time of publishing, if frames were appended since it was at the head. d may be nil. mu is
// held.
func (d *rounds) tell(s *segment) {
	if d == nil || s.at == s.room.log.head {
		return
	}
	if s.chunk == nil {
		c := d.oldest().chunk
		for s.at >= c.end() {
			c = c.next
		}
		s.moveTo(c)
		s.seq = c.seqAt(s.at) - 1
	}
	if s.since == 0 { // also during a flush, which has taken the time: frames may have been appended since
		s.stamp(d.since(s.at))
	}
}

// since returns when the first frame after position at was published, or an earlier time. It returns 0 if no frame was
// appended lately. mu is held.
func (d *rounds) since(at int64) moment {
	if d.newer.chunk != nil && at >= d.newer.at {
		return d.newer.since
	}
	return d.oldest().since
}

// size returns the number of members to visit, or a little more. It is 0 if no round is active. mu is held.
func (d *rounds) size() int {
	if !d.active {
		return 0
	}
	return max(1, min(int(d.room.members.count), d.unvisited*segmentSize))
}

// count updates the counter QueuedSegments. mu is held.
func (d *rounds) count() {
	waiting := int64(max(d.unvisited-1, 0)) // Queue.Len counts one
	d.room.hub.counters[QueuedSegments].Add(waiting - d.waiting)
	d.waiting = waiting
}
