package drive

import (
	"context"
	"fmt"
	"time"

	"plenum/bench/clock"
)

// offsetRounds is the number of questions for the clock of an agent. The one with the shortest round trip decides,
// so that a delayed answer does not matter.
const offsetRounds = 50

// reading is an answer to the question for an agent's clock. Times are nanoseconds.
type reading struct {
	asked, answered int64 // on the leader's clock
	there           int64 // on the agent's clock, in between
}

// offset returns how much the agent's clock is ahead, and the most by which that may be wrong. The agent has read its clock at
// some time between question and answer.
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

// readClock asks a worker for its clock, whose shift it sets first.
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
	uncertain time.Duration // the most by which shift may be wrong
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

// drift returns how far the clock of w has drifted from the leader's since agree. uncertain is the most by which the two
// clocks may have differed at any time of the run, if they drift steadily.
func (a agreement) drift(ctx context.Context, w worker) (drift, uncertain time.Duration, err error) {
	r, err := readClock(ctx, w, a.shift)
	if err != nil {
		return 0, 0, err
	}
	ahead, also := r.offset()
	drift = time.Duration(ahead)
	return drift, max(a.uncertain, drift.Abs()+time.Duration(also)), nil
}
