package rooms

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// expirer drops messages that are too old from all histories, and whole histories if memory is short.
type expirer struct {
	// Set at creation.
	hub        *Hub
	overMemory chan struct{} // holds a value if HistoryBytes has exceeded History.Memory and run has not received it yet
}

func (e *expirer) init(h *Hub) { e.hub, e.overMemory = h, make(chan struct{}, 1) }

// add adds bytes to HistoryBytes.
func (e *expirer) add(bytes int64) {
	if e.hub.counters[HistoryBytes].Add(bytes) <= e.hub.cfg.History.Memory {
		return
	}
	select {
	case e.overMemory <- struct{}{}:
	default: // run is notified already
	}
}

// run drops old messages, and whole histories if memory is short, until ctx ends. It looks for old
// messages every sixteenth of History.Age, but at most once per second and at least once per minute.
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
			full = nil // the histories that are left may be in use and cannot be dropped now
			paused.Reset(freeMemoryPause)
		case <-paused.C:
			full = e.overMemory
		}
	}
}

// freeMemoryPause is the shortest time between two calls of freeMemory.
const freeMemoryPause = 100 * time.Millisecond

// expire drops the messages of all rooms that are too old at the time now, in Unix milliseconds.
func (e *expirer) expire(now int64) {
	e.hub.rooms.each(func(r *Room) { r.history.reduce(func() { r.history.dropOld(now) }) })
}

// freeMemory drops the histories of the least recently used rooms, until an eighth of
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
		if h := &u.room.history; h.reduce(h.forget) {
			e.hub.counters[HistoriesForgotten].Add(1)
		}
	}
}

// reduce calls f, which drops some of the log with mu held, and returns whether the room uses less
// memory afterwards. Chunks with readers cannot be dropped, so reduce queues flushes that give up
// members too far behind. If no message is left and the room has no members, reduce removes the room.
// The caller does not hold mu.
func (h *history) reduce(f func()) (smaller bool) {
	r := h.room
	r.mu.Lock()
	before := h.counted
	f()
	h.room.forgetExtras()
	h.count()
	smaller = h.counted < before
	kept := r.log.first != nil && r.log.first.readers > 0
	empty := r.members.count == 0 && r.log.first == nil && r.kept() == nil
	r.mu.Unlock()
	r.hub.memory.giveBack()
	if kept && r.hub.counters[MembersBehind].Load() > 0 {
		r.members.flushTooFarBehind()
	}
	if empty {
		r.shard.removeEmpty(r)
	}
	return smaller
}

// dropOld drops the chunks whose messages are all too old at the time now, the kept message if it is too old, and the
// renderings of chunks without readers. If the room was not used for quietAfter, dropOld also shrinks the log. mu is held.
func (h *history) dropOld(now int64) {
	l, dead := &h.room.log, now/1000-h.bounds().Age
	if h.room.hub.isOld(h.room.kept(), now) {
		h.room.forgetKept()
	}
	l.dropViews()
	l.dropWhile(func(c *chunk) bool {
		return len(c.index) == 0 || int64(c.index[len(c.index)-1].published) <= dead
	})
	if now-h.lastUsed >= quietAfter.Milliseconds() {
		h.shrink(now)
	}
}

// quietAfter is the time without use after which the log of a room is shrunk.
const quietAfter = 10 * time.Second

// shrink copies the retained messages into one chunk of their size, if that saves a fifth of the
// memory. It does nothing if a chunk has readers or begins with a gap. mu is held.
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
