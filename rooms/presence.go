package rooms

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"plenum/codec"
)

// presence is the joins and leaves of a room that it has not been told yet.
// Guarded by Room.mu.
type presence struct {
	comings            // for the next digest
	listed    bool     // the room is in Hub.digests, for its digest
	elsewhere int      // members on other nodes
	mute      bool     // another node tells of all that come and go
	notices   []notice // for the next flush
	telling   *Member  // of a notice that a flush tells now
	since     int64    // when the second began in which so many were announced at once, Unix milliseconds
	prompt    int
}

// notice is an announcement that waits.
type notice struct {
	member *Member
	joined bool // else it has left
}

func (n notice) text() string {
	if n.joined {
		return n.member.sink.Name() + " joined the room"
	}
	return n.member.sink.Name() + " left the room"
}

// promptly is how many joins and leaves a room is told at once in a second. Those
// beyond wait for one to two tenths of a second: where the room has grown too large
// meanwhile, for thousands are coming, the next digest tells them.
const promptly = 4

// digests is the rooms that have something for the next digest, by its part of the
// second, and those with notices that wait.
type digests struct {
	mu     sync.Mutex
	parts  [digestParts][]*Room
	fresh  []*Room // with notices since the last flush
	waited []*Room // with notices from before it
}

// digestPeriod is how often a large room hears who came and went. The rooms take
// turns within it: told all at once, those of a busy server keep its workers for
// tens of milliseconds, and the messages wait.
const (
	digestPeriod = time.Second
	digestParts  = 10
)

// announce tells the members, who are so many now, of n: in the next digest, soon or now. The
// room is as large as it was with who has left.
func (r *Room) announce(n notice, members int, now int64) {
	limit := r.hub.cfg.AnnounceLimit
	switch {
	case members == 0 || listens(n.member.sink): // nobody is told
	case members > limit || members == limit && !n.joined:
		r.fold(n)
	case !r.puts(n, now):
		r.tell(n, now)
	}
}

// tell says n now; where the room takes it not, the next digest does.
func (r *Room) tell(n notice, now int64) { r.say(n.text(), now, untold{r, n.counts()}) }

// fold keeps n for the next digest.
func (r *Room) fold(n notice) { r.note(n.counts()) }

func (n notice) counts() comings {
	if n.joined {
		return comings{joined: 1}
	}
	return comings{left: 1}
}

// comings is how many have come and gone.
type comings struct{ joined, left int }

// untold is the Receipt of an announcement.
type untold struct {
	room *Room
	of   comings
}

// Published has the next digest tell what could not be said.
func (u untold) Published(_ Epoch, _ uint64, err error) {
	if err != nil {
		u.room.note(u.of)
	}
}

// puts has n wait where the room was told enough within a second; else it is false.
func (r *Room) puts(n notice, now int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.presence
	if now < p.since || now >= p.since+time.Second.Milliseconds() {
		p.since, p.prompt = now, 0
	}
	if len(p.notices) == 0 && p.telling == nil && p.prompt < promptly {
		p.prompt++
		return false
	}
	if n.joined {
		n.member.marks |= unannounced
	}
	p.notices = append(p.notices, n)
	if len(p.notices) == 1 {
		d := &r.hub.digests
		d.mu.Lock()
		defer d.mu.Unlock()
		d.fresh = append(d.fresh, r)
	}
	return true
}

// errUnannounced says that the room has yet to be told that a member has joined.
var errUnannounced = errors.New("rooms: the member is not announced yet")

// introduce tells at once that m has joined, where that waits: it is about to speak.
func (r *Room) introduce(m *Member, now int64) {
	r.mu.Lock()
	p := &r.presence
	for p.telling == m { // as long as a publish takes
		r.mu.Unlock()
		runtime.Gosched()
		r.mu.Lock()
	}
	i := slices.Index(p.notices, notice{m, true})
	if i < 0 {
		r.mu.Unlock()
		return
	}
	n := p.notices[i]
	p.notices = slices.Delete(p.notices, i, i+1)
	m.marks &^= unannounced
	r.mu.Unlock()
	r.tell(n, now)
}

// flush tells what has waited, or has the next digest do it.
func (h *Hub) flush(now int64) {
	d := &h.digests
	d.mu.Lock()
	due := d.waited
	d.waited, d.fresh = d.fresh, nil
	d.mu.Unlock()
	for _, r := range due {
		for r.tellNext(now) {
		}
	}
}

// tellNext tells the first notice, which is one until it is told, so that whoever speaks
// meanwhile comes after it; false where there is none.
func (r *Room) tellNext(now int64) bool {
	r.mu.Lock()
	p := &r.presence
	if len(p.notices) == 0 {
		p.notices = nil
		r.mu.Unlock()
		return false
	}
	n := p.notices[0]
	p.notices, p.telling = p.notices[1:], n.member
	small := r.total() <= r.hub.cfg.AnnounceLimit
	r.mu.Unlock()
	if small {
		r.tell(n, now)
	} else {
		r.fold(n)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.telling = nil
	if n.joined {
		n.member.marks &^= unannounced
	}
	return true
}

// say publishes a message of the server's own.
func (r *Room) say(text string, now int64, to Receipt) {
	body, err := codec.Encode(codec.Message{Sender: codec.System, Text: text, Room: r.name, Timestamp: now})
	if err == nil {
		defer body.Free()
		err = r.submit(nil, body.Bytes(), now, to)
	}
	if err != nil {
		to.Published(0, 0, err)
	}
}

// note keeps joins and leaves for the next digest.
func (r *Room) note(c comings) {
	if r.hub.cfg.AnnounceLimit < 0 {
		return
	}
	r.mu.Lock()
	r.presence.joined += c.joined
	r.presence.left += c.left
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
			h.flush(now.UnixMilli())
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
