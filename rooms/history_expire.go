package rooms

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// expirer drops from the histories of all rooms what is too old, and what is too much together.
type expirer struct {
	// Set at creation.
	hub        *Hub
	overMemory chan struct{} // has one if HistoryBytes is over History.Memory
}

func (e *expirer) init(h *Hub) { e.hub, e.overMemory = h, make(chan struct{}, 1) }

// add counts that a room's history takes so many bytes more.
func (e *expirer) add(bytes int64) {
	if e.hub.counters[HistoryBytes].Add(bytes) <= e.hub.cfg.History.Memory {
		return
	}
	select {
	case e.overMemory <- struct{}{}:
	default: // it is known
	}
}

// run drops what is too old, and what is too much, until ctx ends.
func (e *expirer) run(ctx context.Context) {
	age := time.Duration(e.hub.cfg.History.Age) * time.Second
	ticker := time.NewTicker(min(max(age/16, time.Second), time.Minute))
	defer ticker.Stop()
	full := e.overMemory
	paused := time.NewTimer(0)
	defer paused.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			e.expire(now.UnixMilli())
		case <-full:
			e.freeMemory()
			full = nil // what is left may be read, and give way to nobody
			paused.Reset(freeMemoryPause)
		case <-paused.C:
			full = e.overMemory
		}
	}
}

// makeRoomPause is between two looks for what can give way.
const freeMemoryPause = 100 * time.Millisecond

// expire has every room drop what is too old.
func (e *expirer) expire(now int64) {
	e.hub.rooms.each(func(r *Room) { r.history.reduce(func() { r.history.dropOld(now) }) })
}

// makeRoom has the least recently used rooms drop what they keep, until an eighth of
// History.Memory is free.
func (e *expirer) freeMemory() {
	type use struct {
		room *Room
		at   int64
	}
	var all []use
	e.hub.rooms.each(func(r *Room) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.history.counted > 0 {
			all = append(all, use{r, r.history.lastUsed})
		}
	})
	slices.SortFunc(all, func(a, b use) int { return cmp.Compare(a.at, b.at) })
	for _, u := range all {
		if e.hub.counters[HistoryBytes].Load() <= e.hub.cfg.History.Memory/8*7 {
			return
		}
		if h := &u.room.history; h.reduce(h.dropAll) {
			e.hub.counters[HistoriesForgotten].Add(1)
		}
	}
}

// forget has f drop some of the log, and ends the room if nothing is left of it. What
// f cannot drop some member reads: members that are too far behind are looked for. It tells
// whether the log is smaller now.
func (h *history) reduce(f func()) (smaller bool) {
	r := h.room
	r.mu.Lock()
	before := h.counted
	f()
	h.count()
	smaller = h.counted < before
	if r.log.first != nil && r.log.first.readers > 0 {
		r.members.flushTooFarBehind()
	}
	empty := r.members.count == 0 && r.log.first == nil
	r.mu.Unlock()
	if empty {
		r.shard.removeEmpty(r)
	}
	return smaller
}

// age drops what is too old at the time now, and gives back what the rest does not
// need. mu is held.
func (h *history) dropOld(now int64) {
	l, dead := &h.room.log, now/1000-h.bounds().Age
	l.dropViews()
	l.dropWhile(func(c *chunk) bool {
		return len(c.index) == 0 || int64(c.index[len(c.index)-1].published) <= dead
	})
	if now-h.lastUsed >= quietAfter.Milliseconds() {
		h.shrink(now)
	}
}

// quiet is how long nobody has spoken in a room whose log is made as small as it can be.
const quietAfter = 10 * time.Second

// shrink copies what is kept into one chunk of its size, if nobody reads the log
// and it takes a quarter more. mu is held.
func (h *history) shrink(now int64) {
	l := &h.room.log
	if l.isRead() {
		return
	}
	next := h.oldest(now)
	if next > l.seq {
		h.dropAll()
		return
	}
	l.shrink(next)
}
