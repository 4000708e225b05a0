package rooms

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"plenum/codec"
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
	messages, announcements := l.countAfter(c, seq)
	return messages < uint64(h.Messages) && announcements < uint64(h.announcements())
}

// Since is a position in a room's messages: behind message Seq of the room's life Epoch.
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
		return Since{}, errors.New("rooms: invalid position: must be epoch:seq")
	}
	return Since{Epoch: strings.Clone(epoch), Seq: n}, nil
}

// String is how clients write s.
func (s Since) String() string { return s.Epoch + ":" + strconv.FormatUint(s.Seq, 10) }

// history is what a room keeps of its log for members that come later. Guarded by Room.mu, but for room.
type history struct {
	room      *Room // set at creation
	lastUsed  int64 // when somebody last spoke or began to read, Unix milliseconds
	counted   int64 // of the log's size, in Hub.expirer
	delivered bool  // a Bus has delivered to the room
}

// rules returns what the room's history is to keep.
func (h *history) bounds() *History { return &h.room.hub.cfg.History }

// oldest returns the first message that is kept at the time now; the next message if none
// is. mu is held.
func (h *history) oldest(now int64) uint64 {
	rules := h.bounds()
	if rules.none() {
		return h.room.log.seq + 1
	}
	young := func(c *chunk, i int) bool { return int64(c.index[i].published) > now/1000-rules.Age }
	return h.room.log.startOfLatest(uint64(rules.Messages), uint64(rules.announcements()), young)
}

// trim gives back the chunks from the first on that no member reads, and that history does
// not keep. mu is held.
func (h *history) trim() {
	h.room.log.dropWhile(func(c *chunk) bool { return !h.keeps(c) })
	h.count()
}

// keeps tells whether c has messages that history is to keep. mu is held.
func (h *history) keeps(c *chunk) bool {
	rules := h.bounds()
	return !h.room.gone && !rules.none() && len(c.index) > 0 && rules.reaches(&h.room.log, c, c.seq)
}

// appended counts what was appended to the log, or gives it back if nobody is to read it. mu is held.
func (h *history) appended() {
	if len(h.room.members.segments) == 0 {
		h.trim()
	}
	h.count()
}

// dropAll drops the chunks from the first on that no member reads. mu is held.
func (h *history) dropAll() {
	h.room.log.dropWhile(func(*chunk) bool { return true })
}

// roomSize is what a room that is kept takes beside its log, in bytes.
const roomSize = 512

// count brings what is counted of the room's log up to date. mu is held.
func (h *history) count() {
	if h.bounds().none() {
		return
	}
	size := int64(0)
	if h.room.log.first != nil {
		size = h.room.log.size + roomSize
	}
	if size == h.counted {
		return
	}
	h.room.hub.expirer.add(size - h.counted)
	h.counted = size
}

// append frames body into the log, and returns the chunk with the frame; published is as that of
// chunk.stamp. mu is held.
func (h *history) append(body []byte, now int64) (c *chunk, published moment) {
	r := h.room
	c = r.log.append(len(body)+r.hub.cfg.Overhead, r.hub.cfg.Chunks, uint32(now/1000), codec.IsAnnouncement(body), func(dst []byte, seq uint64) []byte {
		return r.hub.cfg.Frame(dst, body, seq)
	})
	return c, c.stamp(r.hub.clock)
}

// skip moves the log on to the first message of b. It appends a gap in place of the last message that is
// missing; nothing, and returns nil, if the room begins with b. mu is held.
func (h *history) skip(b Batch) *chunk {
	r, l := h.room, &h.room.log
	if !h.delivered {
		l.seq = b.First - 1
		return nil
	}
	gap := codec.AppendGap(nil, codec.Gap{Room: r.name, From: l.seq + 1, To: b.First - 1, Epoch: r.epoch.String()})
	l.seq = b.First - 2
	c := l.append(len(gap), r.hub.cfg.Chunks, uint32(b.Published/1000), false, func(dst []byte, _ uint64) []byte { return append(dst, gap...) })
	c.stamp(r.hub.clock)
	c.gap = true
	return c
}

// isBehind tells whether since is a position in this life of the room that it has not reached.
func (h *history) isBehind(since Since) bool {
	r := h.room
	r.mu.Lock()
	defer r.mu.Unlock()
	return since.Seq > r.log.seq && since.Epoch == r.epoch.String()
}
