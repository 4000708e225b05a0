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
// Where one alone is too many, it takes a rest between two runs of a segment, so
// that more messages travel in the second. A run that comes later than that anyway
// is not delayed, so that the rest costs nothing where the workers are behind.
const (
	sharePeriod = 250 * time.Millisecond
	muchIdle    = 1.0 / 4 // parts of the machine
	littleIdle  = 1.0 / 16
	restStep    = 5 * time.Millisecond
	mostRest    = 20 * time.Millisecond
)

// effort is what the workers may use of the machine.
type effort struct {
	workers int
	rest    time.Duration // from the begin of a segment's run to that of its next
}

// share sets the effort, until ctx ends.
func (h *Hub) share(ctx context.Context) {
	ticker := time.NewTicker(sharePeriod)
	defer ticker.Stop()
	// The least to begin with: what begins as a rush must not begin with a backlog.
	e, written := effort{workers: 1, rest: mostRest}, uint64(0)
	h.setEffort(e)
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
			e = e.next(h.cfg.Workers, part)
			h.setEffort(e)
		}
	}
}

func (h *Hub) setEffort(e effort) {
	h.queue.setLimit(e.workers)
	h.rest.Store(int64(e.rest))
}

// next returns the next effort, with 1 to most workers, where e left that part of
// the machine idle.
func (e effort) next(most int, idle float64) effort {
	switch {
	case idle > muchIdle && e.rest > 0:
		e.rest -= restStep
	case idle > muchIdle:
		e.workers = min(e.workers+1, most)
	case idle < littleIdle:
		e.workers = max(e.workers-(e.workers+3)/4, 1)
		if e.workers == 1 {
			e.rest = mostRest
		}
	}
	return e
}

// await waits until s, which the caller is to run, has rested.
func (h *Hub) await(s *segment) {
	rest := time.Duration(h.rest.Load())
	if rest == 0 {
		return
	}
	now := time.Since(h.start)
	if early := s.ran + rest - now; early > 0 {
		time.Sleep(early)
		now += early
	}
	s.ran = now
}
