package rooms

import (
	"slices"
	"sync"
	"sync/atomic"
)

// flusher flushes segments, for one goroutine. It flushes several segments of a room together, so that it seldom locks the
// room. It is reused.
type flusher struct {
	flushes [maxTogether]flush
	n       int    // number of flushes that have begun
	number  uint32 // chooses the tally; set at creation
	shard   int    // of the queue, from which the goroutine takes work

	more []woken // the result of Room.moveOn, reused

	joinsFirst, joinsLast bool     // join the writes of the first flush, and of the last one
	joined                []Joiner // Sinks for which frames are collected; kept until writeJoined
}

// flushers holds the flushers of pollers and publishers. A processor mostly gets the same one again.
var flushers = sync.Pool{New: func() any { return &flusher{number: madeFlushers.Add(1)} }}

var madeFlushers atomic.Uint32

// tally returns where f counts deliveries of h.
func (f *flusher) tally(h *Hub) *tally { return &h.tallies[f.number%uint32(len(h.tallies))] }

// begun returns the flushes that have begun.
func (f *flusher) begun() []flush { return f.flushes[:f.n] }

// add returns the next flush.
func (f *flusher) add() *flush {
	f.n++
	return &f.flushes[f.n-1]
}

// flush does the work of w, which the caller has taken from the queue or, for an inline flush, has got from wake. It flushes
// a segment or, if w is a room's rounds, some segments. Their work exceeds left by that of one segment at most. flush returns
// the work that was done, in the unit of turnWork. If pushed is true, it has queued work of the same room; to is the argument
// of Queue.Push for this work. No lock is held.
func (h *Hub) flush(f *flusher, w *work, left, to int) (done int, pushed bool) {
	r, t := w.room, f.tally(h)
	if rest := r.beginFlushes(f, w, left); rest > 0 {
		h.queue.Push(&w.item, rest, to)
		pushed = true
	}
	done = f.writeAll(r, t)
	if f.n > 0 {
		pushed = r.endFlushes(f, to) || pushed
	}
	h.memory.giveBack()
	f.finish(h, t)
	return done, pushed
}

// writeAll writes to the members of all segments. It returns the work that was done.
func (f *flusher) writeAll(r *Room, t *tally) (done int) {
	for i := range f.begun() {
		b := &f.flushes[i]
		if i == 0 && f.joinsFirst || i == f.n-1 && f.joinsLast {
			b.joined = &f.joined
		}
		b.writeAll(r, &t.fanOut)
		done += b.work()
	}
	return done
}

// finish counts the flushes, closes the members that are too far behind, and prepares f for the next flushes.
func (f *flusher) finish(h *Hub, t *tally) {
	t.delivered(f.begun())
	for i := range f.begun() {
		b := &f.flushes[i]
		h.counters.flushed(b)
		b.segment.closeSlow(b.slow)
		b.reset()
	}
	f.n = 0
}

// writeAll writes to the members. fanOut counts the times of the deliveries.
func (f *flush) writeAll(r *Room, fanOut *latency) {
	for _, m := range f.members {
		f.write(r, m)
	}
	f.measure(r.hub, fanOut)
	for i := range f.ready {
		f.retry(r, &f.ready[i])
	}
}

// beginFlushes begins the flushes of w. left is the amount of work that they may have. It returns the size with which the
// caller must push w again, or 0 if nothing is left of w.
func (r *Room) beginFlushes(f *flusher, w *work, left int) (rest int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.segment != nil {
		w.segment.begin(f)
		return 0
	}
	rest = r.members.rounds.take(f, left)
	if f.n == 0 { // otherwise the end of the flushes does it
		r.overload.judge()
		r.history.trim()
	}
	return rest
}

// begin adds a flush of s to f: the frames to write and the members to write them to. room.mu is held.
func (s *segment) begin(by *flusher) *flush {
	f := by.add()
	s.state = flushing
	s.room.members.rounds.tell(s)
	f.segment, f.since = s, s.takeSince()
	f.chunk, f.seq, f.batch = s.chunk, s.seq, source{piece: piece{at: s.at}}
	if s.chunk != nil {
		f.batch = s.chunk.source(s.room, s.at)
		f.seq = s.chunk.seq
		f.batch.frames = int(f.seq - max(s.seq, s.chunk.first()-1))
	}
	f.members = s.members
	f.except(s)
	if s.hasReady() {
		s.retryReady(f)
	}
	return f
}

// retryReady adds writes to the members behind that have drained. room.mu is held.
func (s *segment) retryReady(f *flush) {
	for _, m := range *s.ready {
		m.marks &^= inReady | drained
		a := attempt{member: m, at: m.at}
		switch {
		case m.marks&(skipping|left) == skipping:
			a.missed, a.last, a.at = uint64(-m.at), s.room.log.seq, s.room.log.head
		case m.chunk != nil:
			a.rest = m.chunk.source(s.room, m.at)
			f.exceptBehind(m, &a.rest)
		default:
			continue // the member has left, or is being closed
		}
		m.marks |= retrying
		f.ready = append(f.ready, a)
	}
	clear(*s.ready)
	*s.ready = (*s.ready)[:0]
}

// endFlushes moves the positions on, and queues the work that there is then. It returns whether it has queued any. to is the
// argument of Queue.Push.
func (r *Room) endFlushes(f *flusher, to int) (pushed bool) {
	for _, w := range r.moveOn(f) {
		r.hub.queue.Push(&w.work.item, w.size, to)
		pushed = true
	}
	return pushed
}

// moveOn ends the flushes. It returns the work that the caller must push. mu is not held.
func (r *Room) moveOn(f *flusher) []woken {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range f.begun() {
		f.flushes[i].moveOn()
	}
	r.overload.judge()
	f.more = f.more[:0]
	for i := range f.begun() {
		if w := f.flushes[i].end(); w.work != nil {
			f.more = append(f.more, w)
		}
	}
	r.history.trim()
	return f.more
}

// moveOn moves on the positions of the segment and of its members. room.mu is held.
func (f *flush) moveOn() {
	s := f.segment
	if s.ended != nil {
		close(s.ended)
		s.ended = nil
	}
	for _, a := range f.cut {
		s.fallBehind(a, f.chunk)
	}
	s.room.log.countViews(f.chunk)
	if f.chunk != nil { // otherwise a round may have moved s to a chunk meanwhile
		s.at, s.seq = f.to(), f.seq
		if s.at == f.chunk.end() {
			s.moveTo(f.chunk.next)
		}
	}
	for _, a := range f.ready {
		s.catchUp(a)
	}
}

// end gives up the members that are too far behind, and decides what the segment waits for now. If all members have left, it
// drops the segment. The caller must push the work that end returns, if any. room.mu is held.
func (f *flush) end() woken {
	s := f.segment
	cfg := &s.room.hub.cfg
	skip := cfg.Gap != nil
	f.slow = slices.DeleteFunc(f.slow, func(m *Member) bool { return !s.giveUp(m, cfg.SlowLag, skip) || skip })
	if len(s.members) == 0 {
		s.room.members.drop(s)
		return woken{}
	}
	s.state = idle
	if s.at == s.room.log.head {
		s.since = 0
	}
	return s.wakeAgain()
}

// wakeAgain is membership.wake for a segment whose flush has ended: there may be more to write. room.mu is held.
func (s *segment) wakeAgain() woken {
	b := &s.room.members
	b.rounds.tell(s)
	if !s.hasReady() {
		s.ready = nil
		if !s.isDue() {
			return woken{}
		}
		if !b.isSmall() {
			return b.startRound()
		}
	}
	s.state = queued
	return woken{work: &s.work, size: len(s.members)}
}
