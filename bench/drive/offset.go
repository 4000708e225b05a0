package drive

import (
	"context"
	"fmt"
	"time"

	"plenum/bench/clock"
)

// offsetRounds is the number of readings of an agent's clock. Only the one with the shortest round trip is
// used, so that a delayed answer does not matter.
const offsetRounds = 50

// reading is one reading of an agent's clock. Times are nanoseconds.
type reading struct {
	asked, answered int64 // on the leader's clock
	there           int64 // on the agent's clock, at some time in between
}

// offset returns how far the agent's clock is ahead, and the largest possible error of that. Both are in nanoseconds.
func (r reading) offset() (ahead, uncertain int64) {
	return r.there - (r.asked+r.answered)/2, (r.answered - r.asked + 1) / 2
}

// nearest returns the reading with the shortest round trip.
func nearest(all []reading) reading {
	best := all[0]
	for _, r := range all[1:] {
		if r.answered-r.asked < best.answered-best.asked {
			best = r
		}
	}
	return best
}

// readClock sets the shift of a worker's clock, in nanoseconds, and reads the clock offsetRounds times. It
// returns the reading with the shortest round trip.
func readClock(ctx context.Context, w worker, shift int64) (reading, error) {
	all := make([]reading, offsetRounds)
	for i := range all {
		r := &all[i]
		r.asked = clock.Monotonic()
		a, err := w.do(ctx, order{Do: orderClock, Shift: shift})
		if err != nil {
			return reading{}, fmt.Errorf("bench: read the clock of an agent: %w", err)
		}
		r.answered, r.there = clock.Monotonic(), a.Clock
	}
	return nearest(all), nil
}

// agreement is how well the clock of an agent agrees with the leader's.
type agreement struct {
	shift     int64         // that the agent adds to its clock, nanoseconds
	uncertain time.Duration // the largest possible error of shift
}

// agree shifts the clock of w so that it agrees with the leader's.
func agree(ctx context.Context, w worker) (agreement, error) {
	r, err := readClock(ctx, w, 0)
	if err != nil {
		return agreement{}, err
	}
	ahead, uncertain := r.offset()
	_, err = w.do(ctx, order{Do: orderClock, Shift: -ahead})
	return agreement{-ahead, time.Duration(uncertain)}, err
}

// drift reads the clock of w again. It returns how far that clock has drifted from the leader's since agree. uncertain is the
// largest possible difference of the two clocks at any time of the run, if they drift steadily.
func (a agreement) drift(ctx context.Context, w worker) (drift, uncertain time.Duration, err error) {
	r, err := readClock(ctx, w, a.shift)
	if err != nil {
		return 0, 0, err
	}
	ahead, also := r.offset()
	drift = time.Duration(ahead)
	return drift, max(a.uncertain, drift.Abs()+time.Duration(also)), nil
}
