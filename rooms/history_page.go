package rooms

import (
	"math"

	"plenum/codec/frame"
)

// MessagePage is a page of a room's retained messages.
type MessagePage struct {
	Position          // the position at the beginning of the page
	Messages [][]byte // payloads of the frames; owned by the caller
	Next     Since    // the position at the end of the page
	More     bool     // there are messages after the page
}

// Messages returns up to limit retained messages after since. The page's Position reports messages after
// since that are no longer retained. Messages returns false if the room does not exist at this node. now
// is the current time in Unix milliseconds.
//
// If since is nil, Messages returns the end of the history, which begins with user message number limit
// from the end. If the history has fewer user messages, this is the whole history. The announcements on
// this page do not count towards limit.
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

// read returns the frames from message next on, as slices of chunks, with at least limit frames if there
// are so many before the next gap. first is the first of these chunks, or nil if there are no frames. It
// counts a reader until endRead. mu is held.
func (h *history) read(next uint64, limit int) (first *chunk, pieces [][]byte) {
	for c := h.room.log.first; c != nil && limit > 0; c = c.next {
		if c.seq < next {
			continue
		}
		if c.gap && first != nil { // a gap ends the page: the Position of the next page reports it
			break
		}
		if first == nil {
			first = c
			c.readers++
		}
		h.room.log.unpack(c) // it stays unpacked while first has a reader
		at := max(next, c.first())
		pieces = append(pieces, c.from(c.offset(at)))
		limit -= int(c.seq + 1 - at)
	}
	return first, pieces
}

// endRead removes the reader that read has counted in first, which may be nil. mu is not held.
func (h *history) endRead(first *chunk) {
	if first == nil {
		return
	}
	h.reduce(func() {
		first.readers--
		h.trim()
	})
}
