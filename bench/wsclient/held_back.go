package wsclient

import (
	"cmp"
	"slices"
	"time"
)

// LateAfter is the time in nanoseconds that a message must wait for its socket to count as held
// back. A shorter wait may be a burst or a busy machine, and shows in the latencies.
const LateAfter = int64(100 * time.Millisecond)

// HeldBack counts the messages that waited in a backlog because the server did not read, and
// records the time in which any of them did. Before the backlog fills, the kernel takes more
// bytes than the server has read (Config.Unsent). A wait there is not counted; it shows in the
// latencies.
type HeldBack struct {
	Late    uint64   `json:"late"`    // messages that waited longer than LateAfter
	Periods []Period `json:"periods"` // in order, without overlaps, each longer than LateAfter
}

// Period is a period of time, Monotonic.
type Period struct {
	From int64 `json:"from"` // nanoseconds
	To   int64 `json:"to"`   // nanoseconds
}

// add counts a message that waited from one time to another, if it was longer than LateAfter.
// Messages must be added in the order in which they left.
func (h *HeldBack) add(from, to int64) {
	if to-from <= LateAfter {
		return
	}
	h.Late++
	one := Period{from, to}
	for last := len(h.Periods) - 1; last >= 0 && h.Periods[last].To >= one.From; last-- {
		one.From = min(one.From, h.Periods[last].From)
		one.To = max(one.To, h.Periods[last].To)
		h.Periods = h.Periods[:last]
	}
	h.Periods = append(h.Periods, one)
}

// Merge adds the messages of another loop or process that were held back at the same time.
func (h *HeldBack) Merge(other HeldBack) {
	h.Late += other.Late
	all := slices.Concat(h.Periods, other.Periods)
	slices.SortFunc(all, func(a, b Period) int { return cmp.Compare(a.From, b.From) })
	h.Periods = all[:0]
	for _, one := range all {
		if last := len(h.Periods) - 1; last >= 0 && h.Periods[last].To >= one.From {
			h.Periods[last].To = max(h.Periods[last].To, one.To)
			continue
		}
		h.Periods = append(h.Periods, one)
	}
}

// Within returns how long at least one message was held back, between start and end.
func (h *HeldBack) Within(start, end int64) (sum time.Duration) {
	for _, one := range h.Periods {
		sum += time.Duration(max(0, min(one.To, end)-max(one.From, start)))
	}
	return sum
}
