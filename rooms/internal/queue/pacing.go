package queue

import (
	"context"
	"time"
)

// One more worker finishes the work of a room earlier. That is worth a processor while the machine
// has one to spare. Otherwise, finishing earlier only means that fewer messages share a write.
// There are more writes for the same deliveries, and they take time from the rest of the process,
// especially from the pollers. So the number of workers follows the idle share of the machine. It
// grows by one while much is idle, and shrinks while almost nothing is.
//
// If even one worker is too many, Items are delayed between two Pops, so that more messages share a
// write. The delay is proportional to the number of Items that share it, because working on a whole
// room takes that much longer. Other Items are worked on meanwhile. An Item whose last Pop is
// longer ago than the delay is not delayed.
const (
	Period    = 250 * time.Millisecond // between two measurements
	highIdle  = 1.0 / 4                // of the machine; above it, the delay is shortened or a worker added
	lowIdle   = 1.0 / 16               // of the machine; below it, workers are removed or Items delayed
	delayStep = 300 * time.Microsecond
	maxSteps  = 4
	maxDelay  = 20 * time.Millisecond // for any number of Items
)

// Pacing bounds the share of the machine that the workers use.
type Pacing struct {
	Workers int
	Delay   time.Duration // between two Pops of an Item, per Item that shares the delay
}

// Slowest is the Pacing at first. A burst would otherwise queue before the first measurement.
var Slowest = Pacing{Workers: 1, Delay: maxSteps * delayStep}

// Pace sets the Pacing every Period, with 1 to workers workers, until ctx ends. idle is Config.Idle
// of package rooms. written counts the workers' writes; while it does not change, the Pacing does
// not either.
func (q *Queue[T]) Pace(ctx context.Context, workers int, idle func() (part float64, ok bool), written func() int64) {
	ticker := time.NewTicker(Period)
	defer ticker.Stop()
	_, _ = idle() // the first measurement begins here
	p, before, first := Slowest, int64(0), true
	q.SetPacing(p)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := written()
		if now == before {
			continue
		}
		before = now
		switch part, ok := idle(); {
		case !ok:
			p = Pacing{Workers: workers}
		case first && part >= lowIdle:
			p.Delay = 0 // the start was no burst
		default:
			p = p.next(workers, part)
		}
		first = false
		q.SetPacing(p)
	}
}

// next returns the Pacing that follows p, with 1 to most workers. idle is the share of the machine
// that was idle with p.
func (p Pacing) next(most int, idle float64) Pacing {
	switch {
	case idle > highIdle && p.Delay > 0:
		p.Delay -= delayStep
	case idle > highIdle:
		p.Workers = min(p.Workers+1, most)
	case idle < lowIdle && p.Workers > 1:
		p.Workers -= (p.Workers + 3) / 4
	case idle < lowIdle:
		p.Delay = Slowest.Delay
	}
	return p
}
