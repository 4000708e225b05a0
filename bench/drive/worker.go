package drive

import (
	"context"
	"fmt"
	"sync/atomic"

	"plenum/bench/load"
)

// The orders of a run, in this order. Probe is repeated until no member is silent.
const (
	orderOpen   = "open"
	orderProbe  = "probe"
	orderRun    = "run"
	orderDrain  = "drain"
	orderFinish = "finish"
)

// order is a request of the leading process to one worker.
type order struct {
	Do              string     `json:"do"`
	Plan            *load.Plan `json:"plan,omitempty"`  // for open
	Start           int64      `json:"start,omitempty"` // for run: due time of the first message, Monotonic
	load.SendCounts            // for drain: of all workers
}

// answer is a worker's reply to an order.
type answer struct {
	Silence         load.Silence  `json:"silence"` // to probe
	load.SendCounts               // to run
	Outcome         *load.Outcome `json:"outcome,omitempty"` // to finish
	Err             string        `json:"err,omitempty"`
}

// worker executes the orders of a run, in this process or in a copy of it.
type worker interface {
	do(ctx context.Context, o order) (answer, error)
	stop() // releases the resources of an unfinished run
}

// localWorker is the worker in this process.
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
		silence, err := w.load.Probe(ctx)
		return answer{Silence: silence}, err
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
