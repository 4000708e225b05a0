package rooms

import (
	"slices"

	"plenum/codec/frame"
	"plenum/rooms/internal/queue"
)

// segmentSize is how many members share a position and are written by one flush:
// enough that the two locks of a flush vanish beside its writes, few enough that all
// workers have a share of a room of a few hundred.
const segmentSize = 64

// inlineMembers is the largest room that a publisher writes itself: its
// poller is kept by so many writes, and nobody has to be woken.
const inlineMembers = 16

type segmentState uint8

const (
	idle     segmentState = iota // every member is written up to the head, or behind and not drained
	queued                       // waits for a worker
	flushing                     // a worker or a publisher flushes it
)

// segment is up to segmentSize members and their common position in the log.
type segment struct {
	room *Room // set at creation

	// Guarded by room.mu.
	state     segmentState
	slot      int           // index in room.segments
	spareSlot int           // index in room.spare, while it is there
	members   []*Member     // dense
	ready     []*Member     // behind, and drained: to be tried by the next flush
	at        int64         // the position: every member that is not behind has been written up to here
	seq       uint64        // of the frame before at
	chunk     *chunk        // where at lies; nil: at is the log's head
	since     moment        // of the first frame's publish that no flush has taken; 0: there is none
	ended     chan struct{} // to be closed at the end of the flush under way; nil: nobody waits

	item queue.Item[segment] // owned by Hub.queue
}

// whenEnded returns what is closed at the end of the flush under way. room.mu is held.
func (s *segment) whenEnded() <-chan struct{} {
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	return s.ended
}

// flushSoon has a worker flush s, unless that is under way. room.mu is held.
func (s *segment) flushSoon() {
	if s.state == idle {
		s.state = queued
		s.room.hub.queue.Push(&s.item)
	}
}

// moveTo moves the segment's position to another chunk; nil: to the log's head.
// room.mu is held.
func (s *segment) moveTo(c *chunk) {
	if s.chunk != nil {
		s.chunk.readers--
		s.chunk.segments--
	}
	if c != nil {
		c.readers++
		c.segments++
	}
	s.chunk = c
}

// flush writes the segment's members once, and leaves the segment idle or queued. The
// caller has set state to flushing, or taken the segment from the queue.
func (s *segment) flush(f *flush) {
	s.beginFlush(f)
	for _, m := range f.members {
		f.write(s.room, m)
	}
	f.measure(s.room.hub)
	for i := range f.ready {
		f.retry(s.room, &f.ready[i])
	}
	again, of := s.endFlush(f)
	s.room.hub.counters.flushed(f)
	for _, m := range f.slow {
		if m.sink.Close(frame.CloseTryAgain, "Too slow") == nil { // else it is closing for another reason
			s.room.hub.counters[Evictions].Add(1)
		}
	}
	f.reset()
	switch q := s.room.hub.queue; {
	case again && of > 0:
		q.PushDelayed(&s.item, of)
	case again:
		q.Push(&s.item)
	}
}

// beginFlush takes what is to be written, and the members to write it to.
func (s *segment) beginFlush(f *flush) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.state = flushing
	f.since = s.takeSince()
	viewed := s.room.members.viewers > 0
	f.chunk, f.seq, f.batch = s.chunk, s.seq, source{piece: piece{at: s.at}}
	if s.chunk != nil {
		f.batch = s.chunk.source(s.at, viewed)
		f.seq = s.chunk.seq
		f.batch.frames = int(f.seq - max(s.seq, s.chunk.first()-1))
	}
	f.members = append(f.members, s.members...)
	for _, m := range s.ready {
		m.marks &^= inReady | drained
		a := attempt{member: m, at: m.at}
		switch {
		case m.marks&(skipping|left) == skipping:
			a.missed, a.last, a.at = uint64(-m.at), s.room.log.seq, s.room.log.head
		case m.chunk != nil:
			a.rest = m.chunk.source(m.at, viewed)
		default:
			continue // it has left
		}
		m.marks |= catching
		f.ready = append(f.ready, a)
	}
	clear(s.ready)
	s.ready = s.ready[:0]
}

// endFlush moves the positions on. If again, there is more to write, and the caller queues the segment.
// of is the number of segments that share the delay; 0 means flush again at once, because a full chunk is waiting.
func (s *segment) endFlush(f *flush) (again bool, of int) {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.history.trim()
	if s.ended != nil {
		close(s.ended)
		s.ended = nil
	}
	for _, a := range f.late {
		s.fallBehind(a, f.chunk)
	}
	r.log.weigh(f.chunk)
	if f.chunk != nil { // else a publish may have moved s to a chunk meanwhile
		s.at, s.seq = f.end(), f.seq
		if s.at == f.chunk.end() {
			s.moveTo(f.chunk.next)
		}
	}
	for _, a := range f.ready {
		s.catchUp(a)
	}
	r.overload.judge()
	skip := r.hub.cfg.Gap != nil
	f.slow = slices.DeleteFunc(f.slow, func(m *Member) bool { return !s.giveUp(m, r.hub.cfg.SlowLag, skip) || skip })
	if len(s.members) == 0 {
		r.members.drop(s)
		return false, 0
	}
	s.state = idle
	if s.chunk != nil || len(s.ready) > 0 {
		s.state = queued
	} else {
		s.ready = nil // of many segments few have members behind
	}
	if s.chunk == nil || s.chunk.next == nil {
		of = len(r.members.segments)
	}
	return s.state == queued, of
}
