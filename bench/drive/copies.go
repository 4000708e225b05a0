package drive

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// orderCut tells a copy or an agent to end its current order early.
const orderCut = "cut"

// Work takes part in a run that another process leads. It reads orders as lines of JSON from r and writes
// its answers to w. It returns when r ends. An order in progress then ends early.
func Work(ctx context.Context, r io.Reader, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	orders, cuts := make(chan order), make(chan struct{}, 1)
	failed := make(chan error, 1)
	go func() { failed <- readOrders(ctx, r, orders, cuts); cancel() }()
	worker, out := &localWorker{}, json.NewEncoder(w)
	defer worker.stop()
	for {
		select {
		case err := <-failed:
			return err
		case o := <-orders:
			if err := obey(ctx, worker, o, cuts, out); err != nil {
				return fmt.Errorf("bench: write answer: %w", err)
			}
		}
	}
}

// obey executes one order until it is done or cut, and writes the answer. If the order asks for figures
// (order.Live), it also writes them once per second and directly before the answer.
func obey(ctx context.Context, worker *localWorker, o order, cuts <-chan struct{}, out *json.Encoder) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		a, err := worker.do(ctx, o)
		if err != nil {
			a.Err = err.Error()
		}
		done <- a
	}()
	var ticks <-chan time.Time
	if o.Live {
		ticker := time.NewTicker(liveInterval)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case a := <-done:
			if o.Live {
				if err := report(worker, out); err != nil {
					return err
				}
			}
			return out.Encode(a)
		case <-cuts:
			cancel()
		case <-ticks:
			if err := report(worker, out); err != nil {
				cancel()
				<-done
				return err
			}
		}
	}
}

// report writes the figures of a worker so far.
func report(worker *localWorker, out *json.Encoder) error {
	f := worker.live()
	return out.Encode(answer{Live: &f})
}

// readOrders reads orders from r until it ends. A cut goes to cuts, any other order to orders. cuts has room for one.
func readOrders(ctx context.Context, r io.Reader, orders chan<- order, cuts chan struct{}) error {
	lines := json.NewDecoder(r)
	for {
		var o order
		err := lines.Decode(&o)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("bench: read order: %w", err)
		case o.Do == orderCut:
			select {
			case cuts <- struct{}{}:
			default: // a pending cut is enough
			}
			continue
		}
		select {
		case <-cuts: // of the previous order, which had already ended
		default:
		}
		select {
		case orders <- o:
		case <-ctx.Done():
			return nil
		}
	}
}

// startCopies starts n copies of this program. If one of them does not start, it stops the others.
func (d *Driver) startCopies(n int) ([]worker, error) {
	var workers []worker
	for range n {
		r, err := startCopy(d.Copy())
		if err != nil {
			for _, w := range workers {
				w.stop()
			}
			return nil, fmt.Errorf("bench: start a copy: %w", err)
		}
		workers = append(workers, r)
	}
	return workers, nil
}

func startCopy(cmd *exec.Cmd) (*remoteWorker, error) {
	// The copy has a process group of its own, so a terminal's Ctrl-C reaches only the leading
	// process, which cuts the copy.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// Wait returns an error if the copy fails. The copy reports its errors as answers.
	return &remoteWorker{name: "a copy of this process", in: in, out: json.NewDecoder(bufio.NewReader(out)), wait: func() { _ = cmd.Wait() }}, nil
}
