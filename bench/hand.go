package bench

import (
	"context"
	"fmt"
	"sync/atomic"
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
	Do      string `json:"do"`
	Plan    *plan  `json:"plan,omitempty"`  // of open
	Start   int64  `json:"start,omitempty"` // of run, Monotonic
	account        // of drain, by all
}

// answer is what comes back.
type answer struct {
	Silent  int    `json:"silent,omitempty"` // of probe
	account        // of run
	Part    *part  `json:"part,omitempty"` // of finish
	Err     string `json:"err,omitempty"`
}

// hand takes part in a run: this process, or a copy of it.
type hand interface {
	do(ctx context.Context, o order) (answer, error)
	stop() // frees what an unfinished run holds
}

// local is the hand that is this process.
type local struct {
	load   *load
	opened atomic.Int64 // connections, for the progress
}

func (h *local) do(ctx context.Context, o order) (answer, error) {
	if o.Do == orderOpen {
		l, err := newLoad(o.Plan, &h.opened)
		if err != nil {
			return answer{}, err
		}
		h.load = l
		return answer{}, l.open(ctx)
	}
	switch o.Do {
	case orderProbe:
		silent, err := h.load.probe(ctx)
		return answer{Silent: silent}, err
	case orderRun:
		return answer{account: h.load.run(ctx, o.Start)}, nil
	case orderDrain:
		h.load.drain(ctx, o.account)
		return answer{}, nil
	case orderFinish:
		return answer{Part: h.load.finish()}, nil
	}
	return answer{}, fmt.Errorf("bench: unknown order %q", o.Do)
}

func (h *local) stop() {
	if h.load != nil {
		h.load.stop()
	}
}
