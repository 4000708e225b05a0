package rooms

import (
	"context"
	"sync"
	"time"
)

// digests holds the rooms that have something to announce: a digest, pending notices, or names that
// wait for the standings of other nodes.
type digests struct {
	mu     sync.Mutex
	parts  [digestParts][]*Room // rooms with a digest to publish, by the tenth of digestPeriod in which it is published
	fresh  []*Room              // rooms with notices that came after the last call of announceDue
	waited []*Room              // rooms with notices that came before it, or are not due yet
	names  []*Room              // rooms with undecided names
}

// digestPeriod is the time between two digests of a large room. The rooms are divided into digestParts
// parts, one per tenth of digestPeriod. The digests of all rooms at once would occupy the workers of a
// busy server for tens of milliseconds, and messages would wait for them.
const (
	digestPeriod = time.Second
	digestParts  = 10
)

// count adds c to the next digest. mu is held.
func (p *presence) count(c changes) {
	if p.room.hub.cfg.AnnounceLimit < 0 || !p.announcing.counts() {
		return
	}
	p.digest.joined += c.joined
	p.digest.left += c.left
	if !p.listed {
		p.list()
	}
}

// list lets digests publish the digest within digestPeriod. mu is held.
func (p *presence) list() {
	r := p.room
	p.listed = true
	d := &r.hub.digests
	d.add(&d.parts[r.epoch%digestParts], r)
}

// add adds a room to one of d's lists.
func (d *digests) add(list *[]*Room, r *Room) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*list = append(*list, r)
}

// run publishes digests and pending announcements every tenth of a second, until ctx ends.
func (d *digests) run(ctx context.Context) {
	ticker := time.NewTicker(digestPeriod / digestParts)
	defer ticker.Stop()
	for part := 0; ; part = (part + 1) % digestParts {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			d.announceDue(now.UnixMilli(), false)
			d.publishPart(part, now.UnixMilli())
		}
	}
}

// announceDue publishes the notices that are due, and decides about names. A notice is due if it waited at the last call
// already, and the second of notices.isDue is over. If all is true, the second need not be over.
func (d *digests) announceDue(now int64, all bool) {
	d.mu.Lock()
	due, names := d.waited, d.names
	d.waited, d.fresh, d.names = d.fresh, nil, nil
	d.mu.Unlock()
	for _, r := range due {
		if !all && !r.presence.notices.isDue(now) {
			d.add(&d.waited, r)
			continue
		}
		r.presence.notices.announceAll(now)
	}
	for _, r := range names {
		r.presence.nodes.announcePending(now, false)
	}
}

// publishPart publishes the digests of one part of the rooms.
func (d *digests) publishPart(part int, now int64) {
	d.mu.Lock()
	rooms := d.parts[part]
	d.parts[part] = nil
	d.mu.Unlock()
	for _, r := range rooms {
		r.presence.publishDigest(now)
	}
}

// publishDigest publishes how many have joined and left since the last digest.
func (p *presence) publishDigest(now int64) {
	r := p.room
	r.mu.Lock()
	p.listed = false
	if p.delegated { // ExchangeCounts passes them to another node
		r.mu.Unlock()
		return
	}
	c, here := p.digest, r.total()
	if p.announcing == AsCounts && !p.isCountDue(here, now) {
		p.list()
		r.mu.Unlock()
		return
	}
	p.digest = changes{}
	r.mu.Unlock()
	if here > 0 && c != (changes{}) {
		p.publish(Announcement{Kind: Digest, Joins: c.joined, Leaves: c.left, Members: here}, now, announceReceipt{r, c})
	}
}

// isCountDue reports whether the number of members may be announced now. If so, it notes the time now, in Unix
// milliseconds. mu is held.
func (p *presence) isCountDue(members int, now int64) bool {
	r := p.room.withRare()
	if members > manyCounted && now >= r.countedAt && now < r.countedAt+countEvery {
		return false
	}
	r.countedAt = now
	return true
}

// AnnouncePending announces all pending joins and leaves by name at once, but publishes no digests. It
// also reports all pending joins and leaves to the Observer. It is called by a node that is about to
// stop. now is the current time in Unix milliseconds.
func (h *Hub) AnnouncePending(now int64) {
	for range 2 { // the second call announces notices that had just begun to wait
		h.digests.announceDue(now, true)
	}
	h.rooms.each(func(r *Room) { r.presence.nodes.announcePending(now, true) })
	h.reports.reportDue(now, true)
}
