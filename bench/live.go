package bench

import (
	"context"
	"time"

	"plenum/bench/clock"
	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// awaitIdle waits until the server is idle. It returns false if ctx has ended.
func awaitIdle(ctx context.Context, d *drive.Driver, watch *observe.Server) (running bool) {
	waiting := func() drive.Live {
		return drive.Live{Phase: "waiting", Live: load.Live{CPU: observe.OwnCPU()}}
	}
	d.During(waiting, func() { running = watch.AwaitIdle(ctx) })
	return running
}

// live returns the figures of the group in a phase with that name.
func (g *group) live(phase string) drive.Live {
	return drive.Live{Phase: phase, Live: load.Live{
		Connections: g.pool.Stats().Open, CPU: observe.OwnCPU(), Latency: latency.NewHistogram(),
	}}
}

// opening returns a function that returns the figures of a phase that opens connections until
// there are n.
func (g *group) opening(phase string, n int) func() drive.Live {
	return func() drive.Live {
		f := g.live(phase)
		f.Wanted = uint64(n)
		return f
	}
}

// lasting returns a function that returns the figures of a phase of that length, which begins now.
func (g *group) lasting(phase string, length time.Duration) func() drive.Live {
	begin := clock.Monotonic()
	return func() drive.Live {
		f := g.live(phase)
		f.Elapsed, f.Length = min(time.Duration(clock.Monotonic()-begin), length), length
		return f
	}
}

// live returns the figures of a part of connect that may take that long.
func (u *upgrading) live(name string, length time.Duration) func() drive.Live {
	figures := u.group.lasting(name, length)
	return func() drive.Live {
		f := figures()
		f.Unit, f.Sent, f.NotSent = "upgrades", u.done.Load(), u.failed.Load()
		f.Due = uint64(len(u.open)) // of the storm, which has no schedule
		if u.isSteady {
			f.Due = uint64(u.schedule.Hits(f.Elapsed))
		}
		u.latency.AddTo(f.Latency)
		return f
	}
}

// joining returns the figures while the users join.
func (n *newcomers) joining() drive.Live {
	f := n.group.live("joining")
	since := time.Duration(clock.Monotonic() - n.start.Load())
	f.Due = uint64(min(len(n.all), n.schedule().Hits(since)))
	f.Unit, f.Sent, f.Delivered = "joins", n.subscribed.Load(), n.lists.Load()
	for _, r := range n.latency {
		r.AddTo(f.Latency)
	}
	return f
}
