package drive

import (
	"context"
	"fmt"
	"sync/atomic"

	"plenum/bench/clock"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// The orders of a run, in this order. Probe is repeated until no member is silent, and begin until all
// workers have answered in time.
const (
	orderClock  = "clock" // only to agents; before orderOpen and after orderFinish
	orderOpen   = "open"
	orderProbe  = "probe"
	orderBegin  = "begin"
	orderRun    = "run"
	orderDrain  = "drain"
	orderFinish = "finish"
)

// order is a request from the leading process to one worker.
type order struct {
	Do              string     `json:"do"`
	Plan            *load.Plan `json:"plan,omitempty"`  // for open
	Start           int64      `json:"start,omitempty"` // for begin: due time of the first message, Monotonic
	Shift           int64      `json:"shift,omitempty"` // for clock: the shift that the worker sets first, nanoseconds
	Live            bool       `json:"live,omitempty"`  // report figures until the answer
	load.SendCounts            // for drain: of all workers
}

// answer is a worker's reply to an order. An answer with Live is not the last one.
type answer struct {
	Live            *load.Live    `json:"live,omitempty"`  // figures so far
	Clock           int64         `json:"clock,omitempty"` // to clock: Monotonic
	Silence         load.Silence  `json:"silence"`         // to probe
	load.SendCounts               // to run
	Outcome         *load.Outcome `json:"outcome,omitempty"` // to finish
	Err             string        `json:"err,omitempty"`
}

// worker executes the orders of a run: in this process, in a copy of it, or on another machine. If the
// context of do ends, the order is cut, and do still waits for the answer.
type worker interface {
	do(ctx context.Context, o order) (answer, error)
	live() load.Live     // figures so far; may be called at any time
	connections() uint64 // open now, or 0 if that is unknown; may be called at any time
	stop()               // releases the resources of an unfinished run
}

// localWorker is the worker in this process.
type localWorker struct {
	load  *load.Load
	shown atomic.Pointer[load.Load] // load, for live; nil: none yet
}

func (w *localWorker) do(ctx context.Context, o order) (answer, error) {
	if o.Do == orderOpen {
		l, err := load.New(o.Plan)
		if err != nil {
			return answer{}, err
		}
		w.load = l
		w.shown.Store(l)
		return answer{}, l.Open(ctx)
	}
	if o.Do == orderClock {
		clock.SetShift(o.Shift)
		return answer{Clock: clock.Monotonic()}, nil
	}
	if w.load == nil { // the orders of an agent come from another machine
		return answer{}, fmt.Errorf("bench: order %q before %q", o.Do, orderOpen)
	}
	switch o.Do {
	case orderProbe:
		silence, err := w.load.Probe(ctx)
		return answer{Silence: silence}, err
	case orderBegin:
		w.load.Begin(o.Start)
		return answer{}, nil
	case orderRun:
		return answer{SendCounts: w.load.Run(ctx)}, nil
	case orderDrain:
		w.load.Drain(ctx, o.SendCounts)
		return answer{}, nil
	case orderFinish:
		return answer{Outcome: w.load.Finish()}, nil
	}
	return answer{}, fmt.Errorf("bench: unknown order %q", o.Do)
}

func (w *localWorker) live() load.Live {
	if l := w.shown.Load(); l != nil {
		return l.Live()
	}
	return load.Live{At: clock.Monotonic(), CPU: observe.OwnCPU()}
}

func (w *localWorker) connections() uint64 {
	if l := w.shown.Load(); l != nil {
		return l.Connections()
	}
	return 0
}

func (w *localWorker) stop() {
	if w.load != nil {
		w.load.Stop()
	}
}
