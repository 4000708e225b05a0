package rooms

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// digests is the rooms that have something to be told: for the next digest, by its part of the
// second, notices that wait, or names of which other nodes are heard first.
type digests struct {
	mu     sync.Mutex
	parts  [digestParts][]*Room
	fresh  []*Room // with notices since the last flush
	waited []*Room // with notices from before it
	names  []*Room // with names that are pending
}

// digestPeriod is how often a large room hears who came and went. The rooms take
// turns within it: told all at once, those of a busy server keep its workers for
// tens of milliseconds, and the messages wait.
const (
	digestPeriod = time.Second
	digestParts  = 10
)

// note keeps joins and leaves for the next digest. mu is held.
func (r *Room) note(c comings) {
	if r.hub.cfg.AnnounceLimit < 0 {
		return
	}
	r.presence.joined += c.joined
	r.presence.left += c.left
	if r.presence.listed {
		return
	}
	r.presence.listed = true
	d := &r.hub.digests
	d.add(&d.parts[r.epoch%digestParts], r)
}

// add puts a room into one of d's lists. The room's mu is held.
func (d *digests) add(list *[]*Room, r *Room) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*list = append(*list, r)
}

// digest tells the large rooms every second who came and went, until ctx ends.
func (h *Hub) digest(ctx context.Context) {
	ticker := time.NewTicker(digestPeriod / digestParts)
	defer ticker.Stop()
	for part := 0; ; part = (part + 1) % digestParts {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			h.flush(now.UnixMilli())
			h.tellDigests(part, now.UnixMilli())
		}
	}
}

// flush tells what has waited, or has the next digest do it.
func (h *Hub) flush(now int64) {
	d := &h.digests
	d.mu.Lock()
	due, names := d.waited, d.names
	d.waited, d.fresh, d.names = d.fresh, nil, nil
	d.mu.Unlock()
	for _, r := range due {
		for r.tellNext(now) {
		}
	}
	for _, r := range names {
		r.tellNames(now, false)
	}
}

// Flush tells every room at once what waits to be announced. It is for a node that is about to stop.
func (h *Hub) Flush(now int64) {
	for range 2 { // those that have just begun to wait, too
		h.flush(now)
	}
	h.each(func(r *Room) { r.tellNames(now, true) })
}

func (h *Hub) tellDigests(part int, now int64) {
	h.digests.mu.Lock()
	rooms := h.digests.parts[part]
	h.digests.parts[part] = nil
	h.digests.mu.Unlock()
	for _, r := range rooms {
		r.mu.Lock()
		p := &r.presence
		p.listed = false
		if p.mute { // they are handed on
			r.mu.Unlock()
			continue
		}
		c, here := p.comings, r.total()
		p.comings = comings{}
		r.mu.Unlock()
		if here > 0 && c != (comings{}) {
			r.say(fmt.Sprintf("%d joined, %d left, %d here", c.joined, c.left, here), now, untold{r, c})
		}
	}
}
