package drive

import (
	"context"
	"fmt"
	"os/exec"

	"plenum/bench/agent"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// Driver runs the loads of scenarios. The zero Driver runs them in this process and reports no
// figures before the end.
type Driver struct {
	// Live is called with the figures so far, at the start and at the end of each phase of a run. In
	// between it is called once per second. Calls never overlap, and none comes after Measure or During
	// has returned. Default: no figures are collected.
	Live func(Live)
	// Copy returns the command that starts a copy of this program, which must call [Work].
	// Copies are started if a run needs more connections than one process may have. Default: a run has
	// one process only.
	Copy func() *exec.Cmd
	// Identity has the properties that this process and its agents must have in common.
	Identity agent.Identity
}

// Measure runs a plan and returns its outcome. It sets p.Shards. o measures the server during the run and
// has the use of the server afterwards; it may be nil. If ctx ends during the run, Measure returns the
// outcome so far. If ctx ends before all members are in their rooms, Measure returns the cause. If the
// server's processes and all connections end, Measure returns the outcome at once.
func (d *Driver) Measure(ctx context.Context, p *load.Plan, o *observe.Server) (*load.Outcome, error) {
	workers, err := d.workers(ctx, p)
	if err != nil {
		return nil, err
	}
	l := &leader{driver: d, workers: workers, plan: p, patience: probeTimeout}
	defer l.stop()
	if err := l.ready(ctx); err != nil {
		return nil, err
	}
	o.Begin(context.WithoutCancel(ctx))
	all, err := l.run(ctx, o)
	if err != nil {
		o.End(0)
		return nil, err
	}
	whole, err := l.finish(ctx, all, o)
	if err != nil {
		o.End(0)
		return nil, err
	}
	o.End(whole.Delivered)
	return whole, nil
}

// MaxConnections returns how many connections this process may have. It is the descriptor limit
// less 128 for other files.
func MaxConnections() int {
	const reserve = 128
	return int(observe.DescriptorLimit()) - reserve
}

// workers returns the workers for a plan: its agents, or this process, or as many copies of it as the
// descriptor limit requires. It sets p.Shards to their number. Without agents, a number that the caller
// has set stays.
func (d *Driver) workers(ctx context.Context, p *load.Plan) ([]worker, error) {
	if len(p.Agents) > 0 {
		p.Shards = len(p.Agents)
		return d.connectAgents(ctx, p.Agents)
	}
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
		return nil, fmt.Errorf("bench: %d connections are more than the descriptor limit of %d allows: raise the limit (ulimit -n)", p.Members(), observe.DescriptorLimit())
	}
	return d.startCopies(p.Shards)
}
