package drive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"plenum/bench/clock"
	"plenum/bench/load"
)

// remoteWorker is a worker in another process: a copy of this one, or an agent.
type remoteWorker struct {
	name string // for errors
	in   io.WriteCloser
	out  *json.Decoder
	wait func() // waits for the process to end, once in is closed; nil: it is not a child of this process

	shown atomic.Pointer[load.Live] // newest figures; nil: none yet
}

// do implements worker. If ctx ends, it cuts the order and waits for the answer.
func (r *remoteWorker) do(ctx context.Context, o order) (a answer, err error) {
	line := json.NewEncoder(r.in)
	if err := line.Encode(o); err != nil {
		return a, fmt.Errorf("bench: send an order to %s: %w", r.name, err)
	}
	answered := make(chan error, 1)
	go func() { answered <- r.read(&a) }()
	select {
	case err = <-answered:
	case <-ctx.Done():
		if err := line.Encode(order{Do: orderCut}); err != nil {
			return answer{}, fmt.Errorf("bench: cut %s: %w", r.name, err)
		}
		err = <-answered
	}
	switch {
	case err != nil:
		return a, fmt.Errorf("bench: %s ended: %w", r.name, err)
	case a.Err != "" && ctx.Err() != nil:
		return a, context.Cause(ctx)
	case a.Err != "":
		return a, errors.New(a.Err)
	}
	return a, nil
}

// read reads the answer to an order. It keeps the newest figures that come before the answer.
func (r *remoteWorker) read(a *answer) error {
	for {
		*a = answer{}
		if err := r.out.Decode(a); err != nil || a.Live == nil {
			return err
		}
		r.shown.Store(a.Live)
	}
}

func (r *remoteWorker) live() load.Live {
	if f := r.shown.Load(); f != nil {
		return *f
	}
	return load.Live{At: clock.Monotonic()}
}

func (r *remoteWorker) connections() uint64 { return r.live().Connections }

// stop closes the worker's input, which ends its work, and waits for its process.
func (r *remoteWorker) stop() {
	r.in.Close()
	if r.wait != nil {
		r.wait()
	}
}
