package rooms

import (
	"slices"

	"plenum/codec/frame"
	"plenum/rooms/internal/queue"
)

// segmentSize is how many members share a place and are written by one run:
// enough that a run's two locks vanish beside its writes, few enough that all
// workers have a share of a room of a few hundred.
const segmentSize = 64

// inlineMembers is the largest room that a publisher writes itself: its
// poller is kept by so many writes, and nobody has to be woken.
const inlineMembers = 16

type segmentState uint8

const (
	idle    segmentState = iota // every member is written up to the head, or behind and not drained
	queued                      // waits for a worker
	running                     // a worker or a publisher is at it
)

// segment is up to segmentSize members and their common place in the log.
type segment struct {
	room *Room // set at creation

	// Guarded by room.mu.
	state     segmentState
	slot      int           // index in room.segments
	spareSlot int           // index in room.spare, while it is there
	members   []*Member     // dense
	ready     []*Member     // behind, and drained: to be tried by the next run
	at        int64         // the place: whoever is not behind has been written up to here
	seq       uint64        // of the frame before at
	chunk     *chunk        // where at lies; nil: at is the log's head
	since     moment        // of the first frame's publish that no run has taken; 0: there is none
	ended     chan struct{} // to be closed at the end of the run under way; nil: nobody waits

	item queue.Item[segment] // owned by Hub.queue
}

// whenEnded returns what is closed at the end of the run under way. room.mu is held.
func (s *segment) whenEnded() <-chan struct{} {
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	return s.ended
}

// runSoon has a worker run s, unless that is under way. room.mu is held.
func (s *segment) runSoon() {
	if s.state == idle {
		s.state = queued
		s.room.hub.queue.Push(&s.item)
	}
}

// standIn moves the segment's place to another chunk, or to the log's head.
// room.mu is held.
func (s *segment) standIn(c *chunk) {
	if s.chunk != nil {
		s.chunk.places--
		s.chunk.segments--
	}
	if c != nil {
		c.places++
		c.segments++
	}
	s.chunk = c
}

// run writes the segment's members once, and leaves it idle or queued. The
// caller has set state to running, or popped it from the queue.
func (s *segment) run(p *pass) {
	s.begin(p)
	for _, m := range p.members {
		p.write(s.room, m)
	}
	s.room.hub.measure(p)
	for i := range p.ready {
		p.retry(s.room, &p.ready[i])
	}
	again, of := s.end(p)
	s.room.hub.countFlush(p)
	for _, m := range p.slow {
		if m.sink.Close(frame.CloseTryAgain, "Too slow") == nil { // else it is closing for another reason
			s.room.hub.counters[Evictions].Add(1)
		}
	}
	p.forget()
	switch q := s.room.hub.queue; {
	case again && of > 0:
		q.PushDelayed(&s.item, of)
	case again:
		q.Push(&s.item)
	}
}

// begin takes what is to be written, and to whom.
func (s *segment) begin(p *pass) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.state = running
	p.since = s.takeSince()
	viewed := s.room.members.viewers > 0
	p.chunk, p.seq, p.batch = s.chunk, s.seq, source{piece: piece{at: s.at}}
	if s.chunk != nil {
		p.batch = s.chunk.source(s.at, viewed)
		p.seq = s.chunk.seq
		p.batch.frames = int(p.seq - max(s.seq, s.chunk.first()-1))
	}
	p.members = append(p.members, s.members...)
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
		p.ready = append(p.ready, a)
	}
	clear(s.ready)
	s.ready = s.ready[:0]
}

// end moves the places on. again: there is more to write, and the segment is queued;
// it may rest before as one of so many, 0: not, a whole chunk is waiting.
func (s *segment) end(p *pass) (again bool, of int) {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.history.trim()
	if s.ended != nil {
		close(s.ended)
		s.ended = nil
	}
	for _, a := range p.late {
		s.fallBehind(a, p.chunk)
	}
	r.log.weigh(p.chunk)
	if p.chunk != nil { // else a publish may have placed s meanwhile
		s.at, s.seq = p.end(), p.seq
		if s.at == p.chunk.end() {
			s.standIn(p.chunk.next)
		}
	}
	for _, a := range p.ready {
		s.catchUp(a)
	}
	r.overload.judge()
	skip := r.hub.cfg.Gap != nil
	p.slow = slices.DeleteFunc(p.slow, func(m *Member) bool { return !s.giveUp(m, r.hub.cfg.SlowLag, skip) || skip })
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
