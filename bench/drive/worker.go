package drive

import (
	"context"
	"fmt"
	"sync/atomic"

	"plenum/bench/load"
)

// The orders of a run, in turn. probe is repeated until nobody is silent.
const (
	orderOpen   = "open"
	orderProbe  = "probe"
	orderRun    = "run"
	orderDrain  = "drain"
	orderFinish = "finish"
)

// order is what the process that leads a run asks of each that takes part.
type order struct {
	Do              string     `json:"do"`
	Plan            *load.Plan `json:"plan,omitempty"`  // of open
	Start           int64      `json:"start,omitempty"` // of run, Monotonic
	load.SendCounts            // of drain, by all
}

// answer is what comes back.
type answer struct {
	Silent          int           `json:"silent,omitempty"` // of probe
	load.SendCounts               // of run
	Outcome         *load.Outcome `json:"part,omitempty"` // of finish
	Err             string        `json:"err,omitempty"`
}

// worker takes part in a run: this process, or a copy of it.
type worker interface {
	do(ctx context.Context, o order) (answer, error)
	stop() // frees what an unfinished run holds
}

// localWorker is the worker that is this process.
type localWorker struct {
	load   *load.Load
	opened atomic.Int64 // connections, for the progress
}

func (w *localWorker) do(ctx context.Context, o order) (answer, error) {
	if o.Do == orderOpen {
		l, err := load.New(o.Plan, &w.opened)
		if err != nil {
			return answer{}, err
		}
		w.load = l
		return answer{}, l.Open(ctx)
	}
	switch o.Do {
	case orderProbe:
		silent, err := w.load.Probe(ctx)
		return answer{Silent: silent}, err
	case orderRun:
		return answer{SendCounts: w.load.Run(ctx, o.Start)}, nil
	case orderDrain:
		w.load.Drain(ctx, o.SendCounts)
		return answer{}, nil
	case orderFinish:
		return answer{Outcome: w.load.Finish()}, nil
	}
	return answer{}, fmt.Errorf("bench: unknown order %q", o.Do)
}

func (w *localWorker) stop() {
	if w.load != nil {
		w.load.Stop()
	}
}
