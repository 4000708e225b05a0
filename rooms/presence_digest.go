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

// count keeps joins and leaves for the next digest. mu is held.
func (p *presence) count(c changes) {
	r := p.room
	if r.hub.cfg.AnnounceLimit < 0 {
		return
	}
	p.digest.joined += c.joined
	p.digest.left += c.left
	if p.listed {
		return
	}
	p.listed = true
	d := &r.hub.digests
	d.add(&d.parts[r.epoch%digestParts], r)
}

// add puts a room into one of d's lists. The room's mu is held.
func (d *digests) add(list *[]*Room, r *Room) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*list = append(*list, r)
}

// run tells the large rooms every second who has joined and left, until ctx ends.
func (d *digests) run(ctx context.Context) {
	ticker := time.NewTicker(digestPeriod / digestParts)
	defer ticker.Stop()
	for part := 0; ; part = (part + 1) % digestParts {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			d.announceDue(now.UnixMilli())
			d.publishPart(part, now.UnixMilli())
		}
	}
}

// flush tells what has waited, or has the next digest do it.
func (d *digests) announceDue(now int64) {
	d.mu.Lock()
	due, names := d.waited, d.names
	d.waited, d.fresh, d.names = d.fresh, nil, nil
	d.mu.Unlock()
	for _, r := range due {
		for r.presence.notices.announceNext(now) {
		}
	}
	for _, r := range names {
		r.presence.nodes.announcePending(now, false)
	}
}

// tell tells the rooms of one part of the second their digests.
func (d *digests) publishPart(part int, now int64) {
	d.mu.Lock()
	rooms := d.parts[part]
	d.parts[part] = nil
	d.mu.Unlock()
	for _, r := range rooms {
		r.presence.publishDigest(now)
	}
}

// tellDigest tells the room how many have joined and left since its last digest.
func (p *presence) publishDigest(now int64) {
	r := p.room
	r.mu.Lock()
	p.listed = false
	if p.delegated { // they are handed on
		r.mu.Unlock()
		return
	}
	c, here := p.digest, r.total()
	p.digest = changes{}
	r.mu.Unlock()
	if here > 0 && c != (changes{}) {
		p.publishSystem(fmt.Sprintf("%d joined, %d left, %d here", c.joined, c.left, here), now, announceReceipt{r, c})
	}
}

// Flush tells every room at once what waits to be announced. It is for a node that is about to stop.
func (h *Hub) AnnouncePending(now int64) {
	for range 2 { // those that have just begun to wait, too
		h.digests.announceDue(now)
	}
	h.rooms.each(func(r *Room) { r.presence.nodes.announcePending(now, true) })
}
