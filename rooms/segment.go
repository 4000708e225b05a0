package rooms

import (
	"math"
	"slices"
	"sync"

	"plenum/codec/frame"
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
	slot      int       // index in room.segments
	spareSlot int       // index in room.spare, while it is there
	members   []*Member // dense
	ready     []*Member // behind, and drained: to be tried by the next run
	at        int64     // the place: whoever is not behind has been written up to here
	seq       uint64    // of the frame before at
	chunk     *chunk    // where at lies; nil: at is the log's head

	next *segment // guarded by queue.mu
}

// standIn moves the segment's place to another chunk, or to the log's head.
// room.mu is held.
func (s *segment) standIn(c *chunk) {
	if s.chunk != nil {
		s.chunk.places--
	}
	if c != nil {
		c.places++
	}
	s.chunk = c
}

// pass is what one run remembers between its two locks. It is reused.
type pass struct {
	chunk   *chunk // where the segment stood at the start
	batch   []byte // what it writes
	at      int64  // the batch's offset
	seq     uint64 // of the batch's last frame
	frames  int    // in the batch
	members []*Member
	late    []attempt // whose write was cut
	ready   []attempt // written from their own places
	slow    []*Member // too far behind

	deliveries, bytes, writes uint64
}

// attempt is one member written from its own place.
type attempt struct {
	member *Member
	rest   []byte // what was to be written
	at     int64  // how far it got
	full   bool   // the sink did not take all
}

var passes = sync.Pool{New: func() any { return new(pass) }}

// run writes the segment's members once, and leaves it idle or queued. The
// caller has set state to running, or popped it from the queue.
func (s *segment) run(p *pass) {
	s.begin(p)
	for _, m := range p.members {
		p.write(m, s.room.hub.cfg.SlowLag)
	}
	for i := range p.ready {
		p.retry(&p.ready[i])
	}
	again := s.end(p)
	s.room.hub.stats.add(p)
	for _, m := range p.slow {
		_ = m.sink.Close(frame.CloseTryAgain, "Too slow")
	}
	p.forget()
	if again {
		s.room.hub.queue.push(s, s, 1)
	}
}

// begin takes what is to be written, and to whom.
func (s *segment) begin(p *pass) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.state = running
	p.chunk, p.at, p.seq, p.batch, p.frames = s.chunk, s.at, s.seq, nil, 0
	if s.chunk != nil {
		p.batch = s.chunk.from(s.at)
		p.seq = s.chunk.seq
		p.frames = int(p.seq - s.seq)
	}
	p.members = append(p.members, s.members...)
	for _, m := range s.ready {
		m.marks &^= inReady | drained
		if m.chunk != nil {
			m.marks |= catching
			p.ready = append(p.ready, attempt{member: m, rest: m.chunk.from(m.at), at: m.at})
		}
	}
	clear(s.ready)
	s.ready = s.ready[:0]
}

// write gives the batch to a member that is not behind.
func (p *pass) write(m *Member, lag int64) {
	if m.behind {
		if p.at+int64(len(p.batch))-m.at > lag {
			p.slow = append(p.slow, m)
		}
		return
	}
	batch, at := p.batch, p.at
	if m.at > at { // it joined after the batch's first frames
		skip := min(m.at-at, int64(len(batch)))
		batch, at = batch[skip:], at+skip
	}
	if len(batch) == 0 {
		return
	}
	n, err := m.sink.WriteFrames(batch)
	if err != nil {
		return // its owner is about to call Leave
	}
	p.count(batch[:n], len(p.batch))
	if n < len(batch) {
		p.late = append(p.late, attempt{member: m, at: at + int64(n)})
	}
}

// retry writes a member that was behind and has drained.
func (p *pass) retry(a *attempt) {
	n, err := a.member.sink.WriteFrames(a.rest)
	if err != nil {
		a.full = true
		return
	}
	p.count(a.rest[:n], -1)
	a.at += int64(n)
	a.full = n < len(a.rest)
}

// count adds a write's deliveries; the frames of a whole batch are known.
func (p *pass) count(taken []byte, whole int) {
	if len(taken) == 0 {
		return
	}
	p.writes++
	p.bytes += uint64(len(taken))
	if len(taken) == whole {
		p.deliveries += uint64(p.frames)
		return
	}
	p.deliveries += uint64(frame.Count(taken))
}

// end moves the places on. again: there is more to write, and the segment is queued.
func (s *segment) end(p *pass) (again bool) {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.log.trim()
	for _, a := range p.late {
		s.fallBehind(a, p.chunk)
	}
	if p.chunk != nil { // else a publish may have placed s meanwhile
		s.at, s.seq = p.at+int64(len(p.batch)), p.seq
		if s.at == p.chunk.end() {
			s.standIn(p.chunk.next)
		}
	}
	p.slow = slices.DeleteFunc(p.slow, func(m *Member) bool { return !m.evict() })
	for _, a := range p.ready {
		s.catchUp(a)
	}
	if len(s.members) == 0 {
		r.drop(s)
		return false
	}
	s.state = idle
	if s.chunk != nil || len(s.ready) > 0 {
		s.state = queued
	}
	return s.state == queued
}

// fallBehind gives a member whose write was cut a place of its own, in c.
func (s *segment) fallBehind(a attempt, c *chunk) {
	m := a.member
	if m.marks&left != 0 {
		return
	}
	m.behind, m.at, m.chunk = true, a.at, c
	c.places++
	if m.marks&drained != 0 { // it drained before we came here
		s.makeReady(m)
	}
}

// catchUp moves a member that was tried from its own place: back among the
// others where it has reached them, else to be tried again at once, or when it
// has drained.
func (s *segment) catchUp(a attempt) {
	m := a.member
	m.marks &^= catching
	if m.marks&(left|evicted) != 0 {
		m.unplace()
		return
	}
	m.at = a.at
	if m.at == m.chunk.end() {
		next := m.chunk.next
		m.unplace()
		if next != nil {
			m.chunk = next
			next.places++
		}
	}
	if m.at == s.at {
		m.behind = false
		m.unplace()
		return
	}
	if !a.full || m.marks&drained != 0 {
		s.makeReady(m)
	}
}

// evict gives up on a member; false where it has left by itself.
func (m *Member) evict() bool {
	if m.marks&left != 0 {
		return false
	}
	m.marks |= evicted
	m.at = math.MaxInt64 // never too far behind again
	m.unplace()
	return true
}

// forget makes p ready for the next run and lets go of what it pointed to.
func (p *pass) forget() {
	clear(p.members)
	clear(p.late)
	clear(p.ready)
	clear(p.slow)
	*p = pass{members: p.members[:0], late: p.late[:0], ready: p.ready[:0], slow: p.slow[:0]}
}
