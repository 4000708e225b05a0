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
func (r *remoteWorker) do(ctx context.Context, o order) (answer, error) {
	line := json.NewEncoder(r.in)
	if err := line.Encode(o); err != nil {
		return answer{}, fmt.Errorf("bench: send an order to %s: %w", r.name, err)
	}
	replies := make(chan reply, 1)
	go func() { replies <- r.read() }()
	var got reply
	select {
	case got = <-replies:
	case <-ctx.Done():
		if err := line.Encode(order{Do: orderCut}); err != nil {
			return answer{}, fmt.Errorf("bench: cut %s: %w", r.name, err) // read ends when the connection does
		}
		got = <-replies
	}
	switch {
	case got.err != nil:
		return got.answer, fmt.Errorf("bench: %s ended: %w", r.name, got.err)
	case got.Err != "" && ctx.Err() != nil:
		return got.answer, context.Cause(ctx)
	case got.Err != "":
		return got.answer, errors.New(got.Err)
	}
	return got.answer, nil
}

// reply is the answer to an order, or why there is none.
type reply struct {
	answer
	err error
}

// read reads the answer to an order. It keeps the newest figures that come before the answer.
func (r *remoteWorker) read() reply {
	for {
		var a answer
		if err := r.out.Decode(&a); err != nil || a.Live == nil {
			return reply{a, err}
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
