package rooms

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"plenum/codec"
)

// History bounds the messages that rooms retain for members that come later. If Messages, Age or
// Memory is 0, none are retained. User messages are all messages except announcements.
//
// A room's history is its latest messages, without a hole. It begins at the latest of three
// messages. These are user message number Messages from the end, announcement number Announcements
// from the end, and the oldest message not older than Age.
type History struct {
	Messages      int   // user messages per room
	Announcements int   // announcements per room; default 1,000
	Age           int64 // of a message, in seconds
	Memory        int64 // of the logs of all rooms together, in bytes (see HistoryBytes); if they use more, the least recently used histories are dropped

	// Others are further bounds, at most 255 of them, none larger than the ones above. Their Memory and Others are ignored. Of
	// returns the number of the bounds of a room: 0 for the ones above, n for Others[n-1]. It is called once when the room
	// starts, with locks held, so it must not wait and must not call this package. Default: all rooms have the bounds above.
	Others []History
	Of     func(room string) int
}

// withMemory returns a copy of h whose Others have its Memory, too.
func (h History) withMemory() History {
	h.Others = slices.Clone(h.Others)
	for i := range h.Others {
		h.Others[i].Memory = h.Memory
	}
	return h
}

// defaultAnnouncements is the default of History.Announcements: more digests than a room receives
// in ten minutes.
const defaultAnnouncements = 1000

func (h History) none() bool { return h.Messages <= 0 || h.Age <= 0 || h.Memory <= 0 }

// Bound returns the largest number of messages and announcements that a room retains; 0 if it
// retains none.
func (h History) Bound() int {
	if h.none() {
		return 0
	}
	return h.Messages + h.announcements()
}

func (h History) announcements() int { return cmp.Or(h.Announcements, defaultAnnouncements) }

// reaches reports whether frame seq of c is within the bounds on messages and announcements.
func (h History) reaches(l *roomLog, c *chunk, seq uint64) bool {
	messages, announcements := l.countAfter(c, seq)
	return messages < uint64(h.Messages) && announcements < uint64(h.announcements())
}

// Since is a position in a room: after message Seq of the epoch Epoch.
type Since struct {
	Epoch string
	Seq   uint64
}

// ParseSince parses a position in the form of Since.String, epoch:seq. The epoch may be empty. No
// room has an empty epoch, so all retained messages come after such a position. The result does not
// keep s.
func ParseSince(s string) (Since, error) {
	epoch, seq, ok := strings.Cut(s, ":")
	n, err := strconv.ParseUint(seq, 10, 64)
	if !ok || err != nil {
		return Since{}, errors.New("rooms: invalid position: must be epoch:seq")
	}
	return Since{Epoch: strings.Clone(epoch), Seq: n}, nil
}

// String returns the position in the form epoch:seq.
func (s Since) String() string { return s.Epoch + ":" + strconv.FormatUint(s.Seq, 10) }

// history is the retained part of a room's log. It is guarded by Room.mu, except for room and kind.
type history struct {
	room      *Room // set at creation
	kind      uint8 // the result of History.Of; set at creation
	delivered bool  // the Bus has delivered a batch
	lastUsed  int64 // time of the last publish, join or read, Unix milliseconds
	counted   int64 // bytes of this room that are counted in HistoryBytes
}

// bounds returns the bounds of the history.
func (h *history) bounds() *History {
	all := &h.room.hub.cfg.History
	if h.kind == 0 {
		return all
	}
	return &all.Others[h.kind-1]
}

// oldest returns the number of the first retained message at the time now, in Unix milliseconds. If
// none is retained, it returns the number of the next message. mu is held.
func (h *history) oldest(now int64) uint64 {
	rules := h.bounds()
	if rules.none() {
		return h.room.log.seq + 1
	}
	young := func(c *chunk, i int) bool { return int64(c.index[i].published) > now/1000-rules.Age }
	return h.room.log.startOfLatest(uint64(rules.Messages), uint64(rules.announcements()), young)
}

// trim frees chunks from the start of the log, up to the first one that has readers or that the
// history retains. It also packs quiet chunks, drops the extras of freed frames, and updates
// HistoryBytes. mu is held.
func (h *history) trim() {
	h.room.log.dropWhile(func(c *chunk) bool { return !h.keeps(c) })
	h.room.log.packQuiet()
	h.room.forgetExtras()
	h.count()
}

// keeps reports whether the history retains a message of c, by the bounds on the number of messages. The
// expirer drops messages that are too old. mu is held.
func (h *history) keeps(c *chunk) bool {
	rules := h.bounds()
	return !h.room.gone && !rules.none() && len(c.index) > 0 && rules.reaches(&h.room.log, c, c.seq)
}

// appended updates the memory count after an append. If the room has no members, it also calls trim,
// which otherwise the flushes do. mu is held.
func (h *history) appended() {
	if len(h.room.members.segments) == 0 {
		h.trim()
	}
	h.count()
}

// dropAll frees the chunks from the start of the log, up to the first one that has readers. mu is
// held.
func (h *history) dropAll() {
	h.room.log.dropWhile(func(*chunk) bool { return true })
}

// forget is dropAll, and forgets the kept message. mu is held.
func (h *history) forget() {
	h.dropAll()
	h.room.forgetKept()
}

// roomSize is the memory that a retained room uses besides its log, in bytes.
const roomSize = 512

// count updates HistoryBytes to the memory that the room uses now. mu is held.
func (h *history) count() {
	if h.bounds().none() {
		return
	}
	size := int64(0)
	if h.room.log.first != nil || h.room.kept() != nil {
		size = h.room.log.size + h.room.rare.size() + roomSize
	}
	if size == h.counted {
		return
	}
	h.room.hub.expirer.add(size - h.counted)
	h.counted = size
}

// append frames body and appends it to the log. It returns the frame's chunk; published is the
// result of chunk.stamp. mu is held.
func (h *history) append(body []byte, now int64) (c *chunk, published moment) {
	r, announces := h.room, h.room.hub.cfg.Announcer.IsAnnouncement(body)
	if announces {
		r.addExtra(body)
	}
	c = r.log.append(len(body)+r.hub.cfg.Overhead, &r.hub.memory, uint32(now/1000), announces, func(dst []byte, seq uint64) []byte {
		return r.hub.cfg.Frame(dst, body, seq)
	})
	r.keep(body, c, now)
	return c, c.stamp(r.hub.clock)
}

// skip moves the log on to the first message of b. In place of the last missing message it appends
// a gap message, and returns its chunk. If nothing was delivered to the room yet, nothing is
// missing: skip appends nothing and returns nil. mu is held.
func (h *history) skip(b Batch) *chunk {
	r, l := h.room, &h.room.log
	if !h.delivered {
		l.seq = b.First - 1
		return nil
	}
	appendGap := r.hub.cfg.Gap
	if appendGap == nil {
		appendGap = codec.AppendGap
	}
	gap := appendGap(nil, codec.Gap{Room: r.name, From: l.seq + 1, To: b.First - 1, Epoch: r.epoch.String()})
	l.seq = b.First - 2
	c := l.append(len(gap), &r.hub.memory, uint32(b.Published/1000), false, func(dst []byte, _ uint64) []byte { return append(dst, gap...) })
	c.stamp(r.hub.clock)
	c.gap = true
	return c
}

// isBehind reports whether since is a position in this epoch that the log has not reached. mu is not
// held.
func (h *history) isBehind(since Since) bool {
	r := h.room
	r.mu.Lock()
	defer r.mu.Unlock()
	return since.Seq > r.log.seq && since.Epoch == r.epoch.String()
}
