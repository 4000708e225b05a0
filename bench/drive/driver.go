package drive

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"plenum/bench/load"
	"plenum/bench/observe"
)

// Driver runs scenarios. Its zero value runs them in this process, silently.
type Driver struct {
	// Progress is told how far a stage is; total is 0 where that is not known.
	// It is called from one goroutine at a time, and not after Run has returned.
	Progress func(stage string, done, total uint64)
	// Copy returns the command of a copy of this program that calls [Work], for
	// more connections than one process may have. Nil: one process only.
	Copy func() *exec.Cmd
}

func (d *Driver) progress(stage string, done, total uint64) {
	if d.Progress != nil {
		d.Progress(stage, done, total)
	}
}

// During reports a stage while work runs, and waits for it.
func (d *Driver) During(stage string, done func() (done, total uint64), work func()) {
	finished := make(chan struct{})
	go func() { defer close(finished); work() }()
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		n, total := done()
		d.progress(stage, n, total)
		select {
		case <-finished:
			n, total = done()
			d.progress(stage, n, total)
			return
		case <-ticker.C:
		}
	}
}

// Measure runs a plan and returns what came of it. Where ctx ends on the way, it
// returns what there is; with nothing, its cause. What the server used is in o.
func (d *Driver) Measure(ctx context.Context, p *load.Plan, o *observe.Server) (*load.Outcome, error) {
	workers, err := d.workers(p)
	if err != nil {
		return nil, err
	}
	l := &leader{driver: d, workers: workers, plan: p}
	defer l.stop()
	if err := l.ready(ctx); err != nil {
		return nil, err
	}
	o.Begin(context.WithoutCancel(ctx))
	all, err := l.run(ctx)
	if err != nil {
		o.End(0)
		return nil, err
	}
	whole, err := l.settle(ctx, all, o)
	if err != nil {
		o.End(0)
		return nil, err
	}
	o.End(whole.Delivered)
	return whole, nil
}

// MaxConnections is how many connections this process may have: the descriptor limit, less
// what it keeps for other things.
func MaxConnections() int {
	const reserve = 128
	return int(observe.DescriptorLimit()) - reserve
}

// workers returns the workers for a plan: this process, or as many copies of it as the
// descriptor limit makes necessary.
func (d *Driver) workers(p *load.Plan) ([]worker, error) {
	if p.Shards == 0 {
		p.Shards = 1
		if room := MaxConnections(); p.Members()+p.Dialing() > room {
			p.Shards = (p.Members() + p.Dialing() + room - 1) / max(1, room)
		}
	}
	if p.Shards == 1 {
		return []worker{&localWorker{}}, nil
	}
	if d.Copy == nil {
		return nil, fmt.Errorf("bench: %d connections are more than the descriptor limit of %d allows", p.Members(), observe.DescriptorLimit())
	}
	return d.startCopies(p.Shards)
}
