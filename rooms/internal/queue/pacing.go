package queue

import (
	"context"
	"time"
)

// One more worker makes the work of a room take less time. That is worth a processor while the
// machine has one to spare. If it has none, faster work only means that fewer
// messages travel in a write: more writes for the same deliveries, taken from
// the rest of the process, the pollers first of all. So the workers share what
// is left: one more while much of the machine is idle, some fewer while none is.
// If one worker alone is too many, an Item is delayed between two times that it is worked on, so that more
// messages travel in the second. The delay is longer for a room of many Items, because working on the
// whole room takes so much longer. Other Items are worked on meanwhile. An Item that
// was not worked on for that long anyway is not delayed.
const (
	Period    = 250 * time.Millisecond // between two looks at the machine
	highIdle  = 1.0 / 4                // parts of the machine
	lowIdle   = 1.0 / 16
	delayStep = 300 * time.Microsecond
	maxSteps  = 4
	maxDelay  = 20 * time.Millisecond // of a room of any size
)

// Pacing is what the workers may use of the machine.
type Pacing struct {
	Workers int
	Delay   time.Duration // between two times that an Item is worked on, for each Item that shares the delay
}

// Least is the Pacing to begin with. A burst would otherwise queue before the first measurement.
var Slowest = Pacing{Workers: 1, Delay: maxSteps * delayStep}

// Pace sets the Pacing every Period, with 1 to workers workers, until ctx ends. idle is Config.Idle of rooms.
// written counts what the workers do: while it stays the same, the Pacing does as well.
func (q *Queue[T]) Pace(ctx context.Context, workers int, idle func() (part float64, ok bool), written func() int64) {
	ticker := time.NewTicker(Period)
	defer ticker.Stop()
	_, _ = idle() // from now on
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
			p.Delay = 0 // it was no burst
		default:
			p = p.next(workers, part)
		}
		first = false
		q.SetPacing(p)
	}
}

// next returns the next Pacing, with 1 to most workers, if p left that part of
// the machine idle.
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
