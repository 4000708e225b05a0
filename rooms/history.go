package rooms

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// History bounds what is kept of the rooms' messages for members that come later.
// The zero value keeps none. A room's history is its latest messages without a hole. It reaches
// back to the first of these: the user message number Messages from the end, the announcement
// number Announcements from the end, the oldest message within Age.
type History struct {
	Messages      int   // of the users of a room, the latest
	Announcements int   // of the server in a room; default 1,000
	Age           int64 // of a message, in seconds
	Memory        int64 // of all rooms together, in bytes; the least recently used ones give way
}

// defaultAnnouncements is for History.Announcements: more digests than a room hears in ten minutes.
const defaultAnnouncements = 1000

func (h History) none() bool { return h.Messages <= 0 || h.Age <= 0 || h.Memory <= 0 }

// Bound is how many messages and announcements a room's history has at most, 0 where there is none.
func (h History) Bound() int {
	if h.none() {
		return 0
	}
	return h.Messages + h.announcements()
}

func (h History) announcements() int { return cmp.Or(h.Announcements, defaultAnnouncements) }

// reaches tells whether frame seq of c is one of those that are kept for their number.
func (h History) reaches(l *roomLog, c *chunk, seq uint64) bool {
	messages, announcements := l.behind(c, seq)
	return messages < uint64(h.Messages) && announcements < uint64(h.announcements())
}

// Since is a place in a room's messages: behind message Seq of the room's life Epoch.
type Since struct {
	Epoch string
	Seq   uint64
}

// ParseSince reads what Since.String writes, epoch:seq. The epoch may be empty: it is
// no room's, and everything kept comes after it.
func ParseSince(s string) (Since, error) {
	epoch, seq, ok := strings.Cut(s, ":")
	n, err := strconv.ParseUint(seq, 10, 64)
	if !ok || err != nil {
		return Since{}, errors.New("rooms: a place is epoch:seq")
	}
	return Since{Epoch: strings.Clone(epoch), Seq: n}, nil
}

// String is how clients write s.
func (s Since) String() string { return s.Epoch + ":" + strconv.FormatUint(s.Seq, 10) }

// Place is where a new member stands in its room.
type Place struct {
	Info // as it was joined, the member among its members
	// Recovered: it was in this life of the room, and what came since then it is written.
	Recovered bool
	// Lost is what it has missed, and is not written: the messages From to To, which
	// may be none where the room has another epoch.
	Lost     bool
	From, To uint64
	// Behind is the number of the message before the first one that it is written.
	Behind uint64
}

// recall fills p for a member that comes back to since, nil: it is new here. It
// returns the first message to write. mu is held.
func (r *Room) recall(since *Since, now int64, p *Place) (next uint64) {
	next = r.log.seq + 1
	defer func() { p.Behind = next - 1 }()
	if since == nil {
		return next
	}
	known := since.Epoch == r.epochName() && since.Seq <= r.log.seq
	wanted := uint64(1)
	if known {
		wanted = since.Seq + 1
	}
	next = r.log.behindGap(max(wanted, r.oldest(now)))
	p.Recovered = known && next == wanted
	if p.Lost = next > wanted || !known && since.Epoch != ""; p.Lost {
		p.From, p.To = wanted, next-1
	}
	return next
}

// behindGap is next, or where that is missing the first message that is not.
func (l *roomLog) behindGap(next uint64) uint64 {
	for c := l.first; c != nil; c = c.next {
		if c.gap && c.seq >= next && c.first() >= next {
			return c.first() + 1
		}
		if c.seq >= next {
			break
		}
	}
	return next
}

// oldest is the first message that is kept at the time now; the next one where none
// is. mu is held.
func (r *Room) oldest(now int64) uint64 {
	h := r.hub.cfg.History
	if h.none() {
		return r.log.seq + 1
	}
	young := func(c *chunk, i int) bool { return int64(c.index[i].born) > now/1000-h.Age }
	return r.log.latest(uint64(h.Messages), uint64(h.announcements()), young)
}

// latest is the first frame that may be one, given as an index of a chunk, with fewer than messages
// messages of users and fewer than announcements announcements behind it; seq+1 if there is none.
func (l *roomLog) latest(messages, announcements uint64, may func(c *chunk, i int) bool) uint64 {
	for c := l.first; c != nil; c = c.next {
		users, told := l.behind(c, c.first()-1)
		for i, e := range c.index {
			if e.announces() {
				told--
			} else {
				users--
			}
			if users < messages && told < announcements && may(c, i) {
				return c.first() + uint64(i)
			}
		}
	}
	return l.seq + 1
}

// hold places m before message next, where it waits for Drained. mu is held.
func (r *Room) hold(m *Member, next uint64) {
	c := r.log.first
	for c != nil && c.seq < next && c.next != nil {
		c = c.next
	}
	if c == nil {
		c = r.log.reserve(1, nil, 0)
	}
	m.behind, m.chunk, m.at = true, c, c.offset(next)
	c.places++
	r.hub.counters[MembersBehind].Add(1)
	if next <= r.log.seq {
		m.marks |= replaying
	}
	r.count()
}

// remembers tells whether m, which has a place, stands in what history keeps anyhow. Where
// that is too much together, or too old, it is held for m alone. mu is held.
func (r *Room) remembers(m *Member) bool {
	h := r.hub.cfg.History
	if m.chunk == nil || r.hub.counters[HistoryBytes].Load() > h.Memory {
		return false
	}
	c, seq := m.chunk, m.chunk.seqAt(m.at)
	if seq > c.seq { // it has read all of the chunk
		if c = c.next; c == nil {
			return true
		}
		seq = c.first()
	}
	return int64(c.index[seq-c.first()].born) > r.used/1000-h.Age && h.reaches(&r.log, c, seq)
}

// trim gives back the chunks that nobody stands in or before, and that history does
// not keep. mu is held.
func (r *Room) trim() {
	r.log.dropWhile(func(c *chunk) bool { return !r.keeps(c) })
	r.count()
}

// dropWhile drops chunks from the first on that nobody stands in or before, up to one that
// is wanted.
func (l *roomLog) dropWhile(unwanted func(c *chunk) bool) {
	for l.first != nil && l.first.places == 0 && unwanted(l.first) {
		l.drop()
	}
}

// keeps tells whether c has messages that history is to keep. mu is held.
func (r *Room) keeps(c *chunk) bool {
	h := r.hub.cfg.History
	return !r.gone && !h.none() && len(c.index) > 0 && h.reaches(&r.log, c, c.seq)
}
