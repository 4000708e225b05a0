package rooms

import (
	"math"

	"plenum/codec/frame"
)

// MessagePage is a page of what is kept of a room.
type MessagePage struct {
	Position          // where the page begins
	Messages [][]byte // payloads of the frames, the caller's
	Next     Since    // where the page ends
	More     bool     // there are messages behind it
}

// Messages returns up to limit kept messages behind since. If since is nil, the page is the end
// of what is kept: it begins with the message number limit of the users' from the end, and the
// announcements behind that are in it besides. It is false if there is no such room.
func (h *Hub) Messages(room string, since *Since, limit int, now int64) (MessagePage, bool) {
	r := h.rooms.find(room)
	if r == nil {
		return MessagePage{}, false
	}
	r.mu.Lock()
	p := Position{Info: r.infoLocked()}
	var next uint64
	if since == nil {
		begin := r.log.startOfLatest(uint64(limit), math.MaxUint64, func(*chunk, int) bool { return true })
		next = r.log.skipGap(max(r.history.oldest(now), begin))
		limit = int(r.log.seq + 1 - next)
	} else {
		next = r.history.replay(since, now, &p)
	}
	r.history.lastUsed = now
	first, pieces := r.history.read(next, limit)
	r.mu.Unlock()

	page := MessagePage{Position: p, Next: Since{Epoch: p.Epoch, Seq: next - 1}}
	for _, piece := range pieces {
		for payload := range frame.Payloads(piece) {
			if len(page.Messages) >= limit {
				break
			}
			page.Messages = append(page.Messages, append([]byte(nil), payload...))
		}
	}
	page.Next.Seq += uint64(len(page.Messages))
	page.More = page.Next.Seq < p.Seq
	r.history.endRead(first)
	return page, true
}

// read returns the frames from message next on, in pieces, at least limit of them
// if there are so many, and the chunk that keeps them in the log until endRead;
// nil if there are none. mu is held.
func (h *history) read(next uint64, limit int) (first *chunk, pieces [][]byte) {
	for c := h.room.log.first; c != nil && limit > 0; c = c.next {
		if c.seq < next {
			continue
		}
		if c.gap && first != nil { // the next page begins with it
			break
		}
		if first == nil {
			first = c
			c.readers++
		}
		at := max(next, c.first())
		pieces = append(pieces, c.from(c.offset(at)))
		limit -= int(c.seq + 1 - at)
	}
	return first, pieces
}

// endRead gives back the chunk that read returned.
func (h *history) endRead(first *chunk) {
	if first == nil {
		return
	}
	h.reduce(func() {
		first.readers--
		h.trim()
	})
}
