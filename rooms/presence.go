package rooms

import (
	"context"
	"fmt"
	"sync"
	"time"

	"plenum/codec"
)

// presence is the joins and leaves of a room that no digest has told yet.
// Guarded by Room.mu.
type presence struct {
	joined, left int
	listed       bool // the room is in Hub.digests
}

// digests is the rooms that have something for the next digest, by its part of the
// second.
type digests struct {
	mu    sync.Mutex
	parts [digestParts][]*Room
}

// digestPeriod is how often a large room hears who came and went. The rooms take
// turns within it: told all at once, those of a busy server keep its workers for
// tens of milliseconds, and the messages wait.
const (
	digestPeriod = time.Second
	digestParts  = 10
)

// arrived tells the room, of so many members now, that m has joined.
func (h *Hub) arrived(r *Room, m *Member, members int, now int64) {
	if members > h.cfg.AnnounceLimit || r.say(m.sink.Name()+" joined the room", now) != nil {
		r.note(1, 0)
	}
}

// departed tells the room, of so many members now, that m has left.
func (h *Hub) departed(r *Room, m *Member, members int, now int64) {
	h.stats.members.Add(-1)
	if members == 0 {
		return
	}
	if members >= h.cfg.AnnounceLimit || r.say(m.sink.Name()+" left the room", now) != nil {
		r.note(0, 1)
	}
}

// say publishes a message of the server's own.
func (r *Room) say(text string, now int64) error {
	body, err := codec.Encode(codec.Message{Sender: codec.System, Text: text, Room: r.name, Timestamp: now})
	if err != nil {
		return err
	}
	defer body.Free()
	_, err = r.publish(body.Bytes(), now)
	return err
}

// note keeps a join or a leave for the next digest.
func (r *Room) note(joined, left int) {
	if r.hub.cfg.AnnounceLimit < 0 {
		return
	}
	r.mu.Lock()
	r.presence.joined += joined
	r.presence.left += left
	fresh := !r.presence.listed
	r.presence.listed = true
	r.mu.Unlock()
	if !fresh {
		return
	}
	d := &r.hub.digests
	d.mu.Lock()
	defer d.mu.Unlock()
	part := &d.parts[r.epoch%digestParts]
	*part = append(*part, r)
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
			h.tellDigests(part, now.UnixMilli())
		}
	}
}

func (h *Hub) tellDigests(part int, now int64) {
	h.digests.mu.Lock()
	rooms := h.digests.parts[part]
	h.digests.parts[part] = nil
	h.digests.mu.Unlock()
	for _, r := range rooms {
		r.mu.Lock()
		p, here := r.presence, r.members
		r.presence = presence{}
		r.mu.Unlock()
		if here == 0 {
			continue
		}
		if r.say(fmt.Sprintf("%d joined, %d left, %d here", p.joined, p.left, here), now) != nil {
			r.note(p.joined, p.left) // the next digest tells it
		}
	}
}
