package rooms

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// roomSize is what a room that is kept takes beside its log, in bytes.
const roomSize = 512

// count brings what is counted of the room's log up to date. mu is held.
func (r *Room) count() {
	h := &r.hub.cfg.History
	if h.none() {
		return
	}
	size := int64(0)
	if r.log.first != nil {
		size = r.log.size + roomSize
	}
	if size == r.counted {
		return
	}
	all := r.hub.counters[HistoryBytes].Add(size - r.counted)
	r.counted = size
	if all <= h.Memory {
		return
	}
	select {
	case r.hub.historyFull <- struct{}{}:
	default: // it is known
	}
}

// keep forgets what is too old, and what is too much, until ctx ends.
func (h *Hub) keep(ctx context.Context) {
	age := time.Duration(h.cfg.History.Age) * time.Second
	ticker := time.NewTicker(min(max(age/16, time.Second), time.Minute))
	defer ticker.Stop()
	full := h.historyFull
	rested := time.NewTimer(0)
	defer rested.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			h.expire(now.UnixMilli())
		case <-full:
			h.makeRoom()
			full = nil // what is left may be read, and give way to nobody
			rested.Reset(makeRoomRest)
		case <-rested.C:
			full = h.historyFull
		}
	}
}

// makeRoomRest is between two looks for what can give way.
const makeRoomRest = 100 * time.Millisecond

// expire has every room forget what is too old.
func (h *Hub) expire(now int64) {
	h.each(func(r *Room) { r.forget(func() { r.age(now) }) })
}

// makeRoom has the least recently used rooms forget what they keep, until an eighth of
// the budget is free.
func (h *Hub) makeRoom() {
	type use struct {
		room *Room
		at   int64
	}
	var all []use
	h.each(func(r *Room) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.counted > 0 {
			all = append(all, use{r, r.used})
		}
	})
	slices.SortFunc(all, func(a, b use) int { return cmp.Compare(a.at, b.at) })
	for _, u := range all {
		if h.counters[HistoryBytes].Load() <= h.cfg.History.Memory/8*7 {
			return
		}
		if u.room.forget(u.room.dropAll) {
			h.counters[HistoriesForgotten].Add(1)
		}
	}
}

// forget has f drop some of the log, and ends the room where nothing is left of it. What
// it cannot drop somebody stands in: whoever does so for too long is looked for. It tells
// whether the log is smaller now.
func (r *Room) forget(f func()) (smaller bool) {
	r.mu.Lock()
	before := r.counted
	f()
	r.count()
	smaller = r.counted < before
	if r.log.first != nil && r.log.first.places > 0 {
		r.review()
	}
	empty := r.members == 0 && r.log.first == nil
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
	return smaller
}

// review has a run look at the members that are too far behind, also where nothing is
// said. mu is held.
func (r *Room) review() {
	for _, s := range r.segments {
		if s.state == idle && slices.ContainsFunc(s.members, func(m *Member) bool { return m.behind && s.at-m.at > r.hub.cfg.SlowLag }) {
			s.runSoon()
		}
	}
}

// dropAll drops whatever nobody stands in or before. mu is held.
func (r *Room) dropAll() {
	r.log.dropWhile(func(*chunk) bool { return true })
}

// age drops what is too old at the time now, and gives back what the rest does not
// need. mu is held.
func (r *Room) age(now int64) {
	dead := now/1000 - r.hub.cfg.History.Age
	r.log.dropViews()
	r.log.dropWhile(func(c *chunk) bool {
		return len(c.index) == 0 || int64(c.index[len(c.index)-1].born) <= dead
	})
	if now-r.used >= quiet.Milliseconds() {
		r.shrink(now)
	}
}

// quiet is how long nobody has spoken in a room whose log is made as small as it can be.
const quiet = 10 * time.Second

// shrink copies what is kept into one chunk of its size, where nobody reads the log
// and it takes a quarter more. mu is held.
func (r *Room) shrink(now int64) {
	l := &r.log
	for c := l.first; c != nil; c = c.next {
		if c.places > 0 || c.gap {
			return
		}
	}
	next := r.oldest(now)
	if next > l.seq {
		r.dropAll()
		return
	}
	l.dropWhile(func(c *chunk) bool { return c.seq < next })
	from := l.first.offset(next)
	if l.head-from >= mostChunk {
		return
	}
	if needed := l.head - from + entrySize*int64(l.seq+1-next); l.size <= needed+needed/4 {
		return
	}
	c := &chunk{base: from, data: make([]byte, 0, l.head-from), index: make([]entry, 0, l.seq+1-next), seq: l.seq, told: l.told}
	for old := l.first; old != nil; old = old.next {
		c.longest = max(c.longest, old.longest)
		for i, e := range old.index {
			if seq := old.first() + uint64(i); seq >= next {
				c.index = append(c.index, entry{uint32(old.base+int64(e.at())-from) | e.where&announcement, e.born})
			}
		}
		c.data = append(c.data, old.from(max(from, old.base))...)
	}
	r.dropAll()
	l.first, l.last, l.size = c, c, c.size()
}
