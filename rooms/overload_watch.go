package rooms

import (
	"context"
	"sync"
	"time"
)

// Times of the overload rules in doc.go.
const (
	maxPause       = time.Second            // the longest pause of a publisher per message
	progressPeriod = 500 * time.Millisecond // between two calls of checkProgress
	silentAfter    = 2 * time.Second        // a member that takes no byte for so long counts neither as full nor as trailing
	stalledAfter   = 5 * time.Second        // a member that takes no byte for so long is stalled; also how long members are spared after an overload
	watchStep      = 100 * time.Millisecond // between two looks of the watch: the other times are exceeded by up to this
)

// Overload describes an overloaded room to Config.Overloaded.
type Overload struct {
	Room     string
	Members  int
	Trailing int // members that take bytes and cannot keep up
}

// Acker is a Sink that knows how many bytes its client has acknowledged. An engine.Conn is one.
// Acked is called with no lock held, by one goroutine.
type Acker interface{ Acked() uint64 }

// pressedRooms are the rooms that the watch looks at. A room is added when one of its states, pressed and
// overloaded, begins or ends. It stays until watchOnce finds that nothing is left to watch.
type pressedRooms struct {
	mu      sync.Mutex
	rooms   map[*Room]struct{}
	changed chan struct{} // holds a value if a room was added
}

func newPressedRooms() pressedRooms {
	return pressedRooms{rooms: map[*Room]struct{}{}, changed: make(chan struct{}, 1)}
}

// add lets the watch look at r. r.mu is held.
func (p *pressedRooms) add(r *Room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rooms[r] = struct{}{}
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// remove removes r. r.mu is held.
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

// overloadWatch is the state of the watch for one room. It is owned by pressedRooms.watch.
type overloadWatch struct {
	reported bool                 // Config.Overloaded was called for the current overload
	ended    time.Time            // when the watch noticed the end of the last overload; zero before that, and during an overload
	checked  time.Time            // when checkProgress was last called
	seen     map[*Member]progress // the members behind, at the last call of checkProgress
}

// progress is how far a member behind has come.
type progress struct {
	at    int64     // its position
	acked uint64    // the result of ackedBy; 0 if it was not called yet
	since time.Time // when it last took a byte, or was first seen
}

// watch resumes paused publishers, reports overloads, and looks for members that take no bytes,
// until ctx ends. It sleeps while no room is watched.
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

// watchOnce looks at the room once. It returns false if nothing is left to watch.
func (o *overload) watchOnce(now time.Time) bool {
	if o.watch == nil {
		o.watch = new(overloadWatch)
	}
	o.resume(now)
	o.report(now)
	if now.Sub(o.watch.checked) >= progressPeriod {
		o.checkProgress(now)
	}
	o.room.mu.Lock()
	defer o.room.mu.Unlock()
	if w := o.watch; !w.ended.IsZero() && now.Sub(w.ended) >= stalledAfter {
		o.lenient = false
	}
	if o.pressed.Load() || len(o.paused) > 0 || o.lenient {
		return true
	}
	o.watch = nil
	o.room.hub.pressed.remove(o.room)
	return false
}

// report notes the beginning and the end of an overload, and calls Config.Overloaded at its
// beginning.
func (o *overload) report(now time.Time) {
	r := o.room
	r.mu.Lock()
	w, over := o.watch, o.overloaded.Load()
	begins := over && !w.reported
	switch w.reported = over; {
	case over:
		w.ended = time.Time{}
	case o.lenient && w.ended.IsZero():
		w.ended = now
	}
	what := Overload{Room: r.name, Members: int(r.members.count), Trailing: int(o.trailing)}
	r.mu.Unlock()
	if begins && r.hub.cfg.Overloaded != nil {
		r.hub.cfg.Overloaded(what)
	}
}

// checkProgress finds the members behind that have taken bytes since its last call. A member that has
// taken none for silentAfter is uncounted. After stalledAfter it is stalled. mu is not held.
func (o *overload) checkProgress(now time.Time) {
	w := o.watch
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

// ackedBy returns the number of bytes that m's client has acknowledged, plus 1. It returns 1 if m's
// Sink is no Acker.
func ackedBy(m *Member) uint64 {
	if a, ok := m.sink.(Acker); ok {
		return a.Acked() + 1
	}
	return 1
}

// noteProgress marks m by its progress, unless its position has changed meanwhile.
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
	m.segment.Load().flushSoon(nil) // a flush gives m up if it is too far behind
}
