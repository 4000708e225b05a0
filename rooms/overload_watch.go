package rooms

import (
	"context"
	"sync"
	"time"
)

// Times of an overload; doc.go says why.
const (
	maxPause       = time.Second            // how long one message pauses its publisher at most
	progressPeriod = 500 * time.Millisecond // between two looks for members that take no bytes
	silentAfter    = 2 * time.Second        // how long a member takes no byte before it does not count as full
	stalledAfter   = 5 * time.Second        // and before it is stalled; as long members are spared after an overload
	watchStep      = 100 * time.Millisecond // how late the others may be
)

// Overload is what Config.Overloaded is told.
type Overload struct {
	Room     string
	Members  int
	Trailing int // members that take bytes and cannot keep up
}

// Acker is a Sink that knows how many bytes its client has acknowledged. An engine.Conn is one.
type Acker interface{ Acked() uint64 }

// pressedRooms are the rooms whose publishers are held back, or were until now.
type pressedRooms struct {
	mu      sync.Mutex
	rooms   map[*Room]struct{}
	changed chan struct{} // has one if the judgement of a room has changed
}

func newPressedRooms() pressedRooms {
	return pressedRooms{rooms: map[*Room]struct{}{}, changed: make(chan struct{}, 1)}
}

// add has the watch look at r. r.mu is held.
func (p *pressedRooms) add(r *Room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rooms[r] = struct{}{}
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// remove has the watch look at r no more. r.mu is held.
func (p *pressedRooms) remove(r *Room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.rooms, r)
}

func (p *pressedRooms) all() []*Room {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*Room, 0, len(p.rooms))
	for r := range p.rooms {
		all = append(all, r)
	}
	return all
}

// overloadWatch is what pressedRooms.watch knows of a room. It is owned by pressedRooms.watch.
type overloadWatch struct {
	reported bool                 // Config.Overloaded was, of this overload
	ended    time.Time            // when the overload was found to be over; zero: it lasts
	checked  time.Time            // for members that take no bytes
	seen     map[*Member]progress // members behind
}

// progress is how far a member that is behind has come.
type progress struct {
	at    int64     // in the log
	acked uint64    // bytes, by the client's kernel; 0: not asked yet
	since time.Time // when it last took a byte, or was first seen
}

// watch lets publishers go on, and finds the members of pressed rooms that take no bytes, until
// ctx ends.
func (p *pressedRooms) watch(ctx context.Context) {
	ticker := time.NewTicker(watchStep)
	ticker.Stop()
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.changed:
		case <-ticker.C:
		}
		left := 0
		for _, r := range p.all() {
			if r.overload.watchOnce(time.Now()) {
				left++
			}
		}
		if left == 0 {
			ticker.Stop()
			continue
		}
		ticker.Reset(watchStep)
	}
}

// watchOnce returns false when nothing is left to watch for.
func (o *overload) watchOnce(now time.Time) bool {
	o.resume(now)
	o.report(now)
	if now.Sub(o.watch.checked) >= progressPeriod {
		o.checkProgress(now)
	}
	o.room.mu.Lock()
	defer o.room.mu.Unlock()
	if w := &o.watch; !w.ended.IsZero() && now.Sub(w.ended) >= stalledAfter {
		o.lenient = false
	}
	if o.pressed.Load() || len(o.paused) > 0 || o.lenient {
		return true
	}
	o.watch = overloadWatch{}
	o.room.hub.pressed.remove(o.room)
	return false
}

// report notes when the overload begins and ends, and tells Config.Overloaded of its beginning.
func (o *overload) report(now time.Time) {
	r := o.room
	r.mu.Lock()
	w, over := &o.watch, o.overloaded.Load()
	begins := over && !w.reported
	switch w.reported = over; {
	case over:
		w.ended = time.Time{}
	case o.lenient && w.ended.IsZero():
		w.ended = now
	}
	what := Overload{Room: r.name, Members: r.members.count, Trailing: o.trailing}
	r.mu.Unlock()
	if begins && r.hub.cfg.Overloaded != nil {
		r.hub.cfg.Overloaded(what)
	}
}

// look finds out which of the members behind have taken bytes since the last look. Those that have
// not for unseenFor count neither as full nor as trailing, and after stalledFor they are stalled.
func (o *overload) checkProgress(now time.Time) {
	w := &o.watch
	before := w.seen
	w.checked, w.seen = now, map[*Member]progress{}
	o.room.members.eachBehind(func(m *Member) { w.seen[m] = progress{at: m.at, since: now} })
	for m, p := range w.seen {
		last, known := before[m]
		if !known || last.at != p.at {
			continue
		}
		p.acked, p.since = ackedBy(m), last.since
		if last.acked != 0 && p.acked != last.acked {
			p.since = now
		}
		w.seen[m] = p
		if last.acked != 0 {
			o.noteProgress(m, p, now)
		}
	}
	o.room.mu.Lock()
	defer o.room.mu.Unlock()
	o.judge()
}

// ackedBy is how many bytes m's client has acknowledged, and one; 1 if that is not known.
func ackedBy(m *Member) uint64 {
	if a, ok := m.sink.(Acker); ok {
		return a.Acked() + 1
	}
	return 1
}

// noteProgress marks m by what it has taken since the last look, unless its position has changed meanwhile.
func (o *overload) noteProgress(m *Member, p progress, now time.Time) {
	o.room.mu.Lock()
	defer o.room.mu.Unlock()
	if m.marks&left != 0 || !m.behind || m.chunk == nil || m.at != p.at {
		return
	}
	silent := now.Sub(p.since)
	switch {
	case silent == 0:
		o.takesBytes(m)
		return
	case silent >= silentAfter:
		o.uncount(m)
	}
	if silent < stalledAfter {
		return
	}
	o.mark(m, stalled, true)
	m.segment.Load().flushSoon() // a flush looks whether m is too far behind
}
