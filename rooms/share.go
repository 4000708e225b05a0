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
// Where one alone is too many, a segment rests between two runs, so that more
// messages travel in the second: the longer, the more segments its room has, for so
// much longer a pass over the room takes. Others are run meanwhile. A segment that
// has rested anyway, or has a whole chunk to write, is not delayed.
const (
	sharePeriod = 250 * time.Millisecond
	muchIdle    = 1.0 / 4 // parts of the machine
	littleIdle  = 1.0 / 16
	restStep    = 300 * time.Microsecond
	mostSteps   = 4
	mostRest    = 20 * time.Millisecond // of a room of any size
)

// effort is what the workers may use of the machine.
type effort struct {
	workers int
	rest    time.Duration // between a segment's runs, for each segment of its room
}

// least is the effort to begin with: what begins as a rush must not begin with a
// backlog.
var least = effort{workers: 1, rest: mostSteps * restStep}

// share sets the effort, until ctx ends.
func (h *Hub) share(ctx context.Context) {
	ticker := time.NewTicker(sharePeriod)
	defer ticker.Stop()
	_, _ = h.cfg.Idle() // from now on
	e, written, first := least, int64(0), true
	h.queue.setEffort(e)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		writes := h.counters[Writes].Load()
		if writes == written {
			continue
		}
		written = writes
		switch idle, ok := h.cfg.Idle(); {
		case !ok:
			e = effort{workers: h.cfg.Workers}
		case first && idle >= littleIdle:
			e.rest = 0 // it was no rush
		default:
			e = e.next(h.cfg.Workers, idle)
		}
		first = false
		h.queue.setEffort(e)
	}
}

// next returns the next effort, with 1 to most workers, where e left that part of
// the machine idle.
func (e effort) next(most int, idle float64) effort {
	switch {
	case idle > muchIdle && e.rest > 0:
		e.rest -= restStep
	case idle > muchIdle:
		e.workers = min(e.workers+1, most)
	case idle < littleIdle && e.workers > 1:
		e.workers -= (e.workers + 3) / 4
	case idle < littleIdle:
		e.rest = least.rest
	}
	return e
}
