package rooms

import (
	"errors"
	"sync"

	"plenum/codec"
)

// Room is one log and the members that read it.
type Room struct {
	// Set at creation.
	hub   *Hub
	shard *shard
	name  string
	epoch Epoch // tells this life of the room from another of the same name

	mu       sync.Mutex
	log      roomLog
	segments []*segment // each with at least one member, or about to be removed
	spare    []*segment // those of segments that have room for one more
	members  int
	viewers  int // of members: those that read another view
	presence presence
	overload overload
	pins     int    // of those that are about to join; the room does not go
	begun    bool   // a Bus has delivered to it
	unfollow func() // nil: there is no Bus
	written  int64  // when a publisher last wrote it, Unix milliseconds
	used     int64  // when somebody last spoke or began to read, Unix milliseconds
	counted  int64  // of log.size, in Hub.kept
	gone     bool   // out of the hub
}

// add gives m a place at the head of the log: the messages from now on are its.
// Where it is held it is written nothing before Drained. announce is as that of presence.note. The shard is
// held, so the room cannot go meanwhile. ErrFull where nobody was here, and enough rooms have
// members.
func (r *Room) add(m *Member, sink Sink, held bool, since *Since, now int64) (p Place, announce func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == 0 && !r.hub.begin() {
		return Place{}, nil, ErrFull
	}
	s := r.roomiest()
	m.sink = sink
	m.at, m.behind, m.marks, m.chunk = r.log.head, false, 0, nil
	m.slot = int32(len(s.members))
	m.segment.Store(s)
	s.members = append(s.members, m)
	if len(s.members) == segmentSize {
		r.withdraw(s)
	}
	r.members++
	r.viewers += m.isViewer()
	r.used = now
	announce = r.presence.note(m, true, now)
	if !held { // nobody asks for the rest
		return Place{Info: Info{Members: r.total()}}, announce, nil
	}
	p = Place{Info: r.infoLocked()}
	r.hold(m, r.recall(since, now, &p))
	return p, announce, nil
}

// roomiest returns a segment that can take one more. mu is held.
func (r *Room) roomiest() *segment {
	if n := len(r.spare); n > 0 {
		return r.spare[n-1]
	}
	s := &segment{room: r, at: r.log.head, seq: r.log.seq, slot: len(r.segments)}
	r.segments = append(r.segments, s)
	r.offer(s)
	return s
}

// remove takes m out of its segment s, and the room out of the hub where m was
// the last. It returns what Leave does; announce is as that of presence.note.
func (r *Room) remove(s *segment, m *Member, now int64) (ended <-chan struct{}, announce func()) {
	r.mu.Lock()
	last := s.members[len(s.members)-1]
	s.members[m.slot] = last
	last.slot = m.slot
	s.members[len(s.members)-1] = nil
	s.members = s.members[:len(s.members)-1]
	m.marks |= left
	r.members--
	r.viewers -= m.isViewer()
	if m.behind {
		r.hub.counters[MembersBehind].Add(-1)
	}
	r.overload.keepsUp(m)
	r.overload.judge()
	if m.marks&catching == 0 { // else the run under way ends its place
		m.unplace()
	}
	if s.state == running {
		ended = s.whenEnded()
	}
	switch {
	case len(s.members) == 0 && s.state == idle:
		r.drop(s)
	case len(s.members) == segmentSize-1:
		r.offer(s)
	}
	r.trim()
	announce = r.presence.note(m, false, now)
	empty := r.members == 0
	if empty {
		r.hub.counters[Rooms].Add(-1)
	}
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
	return ended, announce
}

// drop takes an empty segment out of the room. mu is held.
func (r *Room) drop(s *segment) {
	s.standIn(nil)
	s.ready = nil // of members that have left, and so have no place
	last := r.segments[len(r.segments)-1]
	r.segments[s.slot] = last
	last.slot = s.slot
	r.segments[len(r.segments)-1] = nil
	r.segments = r.segments[:len(r.segments)-1]
	r.withdraw(s)
}

// offer makes s one that joiners fill up. mu is held.
func (r *Room) offer(s *segment) {
	s.spareSlot = len(r.spare)
	r.spare = append(r.spare, s)
}

// withdraw is offer's reverse. mu is held.
func (r *Room) withdraw(s *segment) {
	last := r.spare[len(r.spare)-1]
	r.spare[s.spareSlot] = last
	last.spareSlot = s.spareSlot
	r.spare[len(r.spare)-1] = nil
	r.spare = r.spare[:len(r.spare)-1]
}

// ErrCrowded says that a room is spoken to faster than it can be written, so
// that a message was not taken.
var ErrCrowded = errors.New("rooms: the room is spoken to faster than it can be written")

// maxBacklog is how many bytes of the log may wait for members that read fast
// enough, before a room takes no more messages. It bounds the log; for those
// that read slowly Config.SlowLag does.
const maxBacklog = 16 << 20

// submit publishes a message, by way of the bus where there is one. to, which may be nil, is
// told what becomes of it unless there is an error: errGone and errUnannounced, as of publish.
func (r *Room) submit(m *Member, body []byte, now int64, to Receipt) error {
	bus := r.hub.cfg.Bus
	if bus == nil {
		seq, err := r.publish(m, body, now)
		if err == errGone || err == errUnannounced {
			return err
		}
		if to != nil {
			to.Published(r.epoch, seq, err)
		}
		return nil
	}
	r.mu.Lock()
	err := r.admits(m)
	r.mu.Unlock()
	switch err {
	case nil, errGone: // where it has gone, its next life may be spoken to
		bus.Publish(r.name, body, to)
	case errUnannounced:
		return err
	default:
		failed(to, err)
	}
	return nil
}

// admits tells whether a message of m's, or, nil, of somebody else's, can be taken. mu is held.
func (r *Room) admits(m *Member) error {
	switch {
	case r.gone:
		return errGone
	case m != nil && m.marks&unannounced != 0:
		return errUnannounced
	case r.crowded():
		r.hub.counters[Crowded].Add(1)
		return ErrCrowded
	}
	return nil
}

// publish appends a message and has it written: here and now where the room is
// small, nobody writes it, and no other was written so in this millisecond,
// else by the workers. Then a flood into a small room keeps its sender's poller
// for one run a millisecond, and the rest of it travels in batches. errGone where
// the room has left the hub, which one with members never has; errUnannounced where m,
// who speaks, is to be introduced first. m is nil for the server and for who is outside.
func (r *Room) publish(m *Member, body []byte, now int64) (seq uint64, err error) {
	r.mu.Lock()
	if err = r.admits(m); err != nil {
		r.mu.Unlock()
		return 0, err
	}
	s := r.append(body, now)
	seq = r.log.seq
	r.mu.Unlock()
	r.hub.counters[Published].Add(1)
	if s != nil {
		p := passes.Get().(*pass)
		s.run(p)
		passes.Put(p)
	}
	return seq, nil
}

// crowded tells whether some segment, and not only members that are behind, is far
// from the head, or in an overloaded room any member that is spared. mu is held.
func (r *Room) crowded() bool {
	if r.log.size <= maxBacklog {
		return false
	}
	for _, s := range r.segments {
		if s.chunk != nil && r.log.head-s.at > maxBacklog {
			return true
		}
	}
	return r.overload.overflows()
}

// append frames body into the log and wakes the segments that stand at its
// head. It returns the segment that the caller is to run. mu is held.
func (r *Room) append(body []byte, now int64) (small *segment) {
	at := r.log.head
	r.used = now
	c, published := r.write(body, now)
	r.overload.judge()
	inline := len(r.segments) == 1 && len(r.segments[0].members) <= inlineMembers && r.written != now
	return r.wake(c, at, r.log.seq-1, published, inline)
}

// write frames body into the log. mu is held.
func (r *Room) write(body []byte, now int64) (c *chunk, published moment) {
	c = r.log.append(len(body)+r.hub.cfg.Overhead, r.hub.cfg.Chunks, uint32(now/1000), codec.IsAnnouncement(body), func(dst []byte, seq uint64) []byte {
		return r.hub.cfg.Frame(dst, body, seq)
	})
	return c, c.stamp(r.hub.queue)
}

// wake wakes the segments that stand at offset at, behind message seq, which was the log's head and is
// where c, or what was written to it, begins. Where the caller is to run one inline, it
// returns it. mu is held.
func (r *Room) wake(c *chunk, at int64, seq uint64, published moment, inline bool) (small *segment) {
	if len(r.segments) == 0 {
		r.trim()
	}
	r.count()

	var first, last *segment
	woken := 0
	for _, s := range r.segments {
		if s.chunk == nil {
			s.standIn(c)
			s.at, s.seq = at, seq
		}
		if s.since == 0 {
			published = s.stamp(published)
		}
		if s.state != idle {
			continue
		}
		if inline {
			r.written = r.used
			s.state = running
			return s
		}
		s.state = queued
		s.next, first = first, s
		if last == nil {
			last = s
		}
		woken++
	}
	if woken > 0 {
		r.hub.queue.pushResting(first, last, woken, len(r.segments))
	}
	return nil
}

// has tells whether a member other than m has the name. mu is held.
func (r *Room) has(name string, m *Member) bool {
	for _, s := range r.segments {
		for _, other := range s.members {
			if other != m && other.sink.Name() == name && !listens(other.sink) {
				return true
			}
		}
	}
	return false
}
