package rooms

import (
	"context"
	"time"
)

// A worker more makes a pass shorter. That is worth its processor while the
// machine has one to spare. Where it has none, shorter passes only mean that fewer
// messages travel in a write: more writes for the same deliveries, taken from
// whoever else has work to do, the pollers first of all. So the workers share what
// is left: one more while much of the machine is idle, some fewer while none is.
const (
	sharePeriod = 250 * time.Millisecond
	muchIdle    = 1.0 / 4 // parts of the machine
	littleIdle  = 1.0 / 16
)

// share sets how many workers may write, until ctx ends.
func (h *Hub) share(ctx context.Context) {
	ticker := time.NewTicker(sharePeriod)
	defer ticker.Stop()
	limit, written := h.cfg.Workers, uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		writes := h.stats.writes.Load()
		if writes == written {
			continue
		}
		written = writes
		if part, ok := h.cfg.Idle(); ok {
			limit = shared(limit, h.cfg.Workers, part)
			h.queue.setLimit(limit)
		}
	}
}

// shared returns the next limit, 1 to most, where limit workers left that part of
// the machine idle.
func shared(limit, most int, idle float64) int {
	switch {
	case idle > muchIdle:
		return min(limit+1, most)
	case idle < littleIdle:
		return max(limit-(limit+3)/4, 1)
	}
	return limit
}
