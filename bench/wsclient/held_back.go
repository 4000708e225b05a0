package wsclient

import (
	"cmp"
	"slices"
	"time"
)

// LateAfter is how long a message must wait for its socket to count as held back. A shorter
// wait may be a burst, or a busy machine. It shows in the latencies.
const LateAfter = int64(100 * time.Millisecond)

// HeldBack counts the messages that waited in a backlog because the server read no further,
// and remembers when any of them did. A socket takes more than the server has read
// (Config.Unsent). A wait there is not counted here; it is in the latencies.
type HeldBack struct {
	Late    uint64   `json:"late"`
	Periods []Period `json:"periods"` // in order, apart, each longer than heldAfter
}

// Period is from one time to another, both Monotonic.
type Period struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// add counts a message that waited from one time to another, if that was longer than
// heldAfter. Messages are added in the order in which they left.
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

// Merge adds the messages that other processes held back at the same time.
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

// Within returns for how much of the time between start and end at least one message
// was held back.
func (h *HeldBack) Within(start, end int64) (sum time.Duration) {
	for _, one := range h.Periods {
		sum += time.Duration(max(0, min(one.To, end)-max(one.From, start)))
	}
	return sum
}
