package rooms

import "slices"

// flush writes once to the members of s. It returns their number, and the work in the unit of turnWork. If again, there is
// more to write; the state is queued, and the caller must queue s. The caller has set the state to flushing, or has taken s from the queue. No lock is held.
func (s *segment) flush(f *flush) (members, work int, again bool) {
	s.beginFlush(f)
	members, work = len(f.members), f.work()
	for _, m := range f.members {
		f.write(s.room, m)
	}
	f.measure(s.room.hub)
	for i := range f.ready {
		f.retry(s.room, &f.ready[i])
	}
	again = s.endFlush(f)
	s.room.hub.counters.flushed(f)
	s.room.hub.memory.giveBack()
	s.closeSlow(f.slow)
	f.reset()
	return members, work, again
}

// beginFlush fills f with the frames to write and the members to write them to.
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
			continue // the member has left
		}
		m.marks |= retrying
		f.ready = append(f.ready, a)
	}
	clear(s.ready)
	s.ready = s.ready[:0]
}

// endFlush moves the positions on. If again, there is more to write, and the caller must queue the
// segment.
func (s *segment) endFlush(f *flush) (again bool) {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.history.trim()
	if s.ended != nil {
		close(s.ended)
		s.ended = nil
	}
	for _, a := range f.cut {
		s.fallBehind(a, f.chunk)
	}
	r.log.countViews(f.chunk)
	if f.chunk != nil { // otherwise a publish may have moved s to a chunk meanwhile
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
		return false
	}
	s.state = idle
	switch {
	case len(s.ready) > 0, s.chunk != nil && !r.holds(s):
		s.state = queued
	default:
		s.ready = nil // saves memory: few segments have members behind
	}
	return s.state == queued
}
