package load

import (
	"time"

	"plenum/bench/observe"
	"plenum/bench/wsclient"
)

// Usage is the resource use of this process, since its start or between two moments, and the
// counters of its connections.
type Usage struct {
	observe.Self
	Busy  time.Duration  `json:"busy"` // time that the busiest loop was not waiting
	Stats wsclient.Stats `json:"stats"`
}

// OwnUsage returns the use of this process so far, with the counters of pool.
func OwnUsage(pool *wsclient.Pool) Usage { return Usage{Self: observe.ReadSelf(), Stats: pool.Stats()} }

// Usage returns the use of this process so far, with the loops and the connections of the members. Slow
// members are not included.
func (l *Load) Usage() Usage {
	u := OwnUsage(l.pool)
	u.Busy = l.recv.busy()
	return u
}

// Since returns the use from before to u.
func (u Usage) Since(before Usage) Usage {
	return Usage{Self: u.Self.Since(before.Self), Busy: u.Busy - before.Busy, Stats: u.Stats.Since(before.Stats)}
}

// merge adds the use of a process that ran at the same time.
func (u *Usage) merge(other Usage) {
	u.Self.Merge(other.Self)
	u.Busy = max(u.Busy, other.Busy)
	u.Stats = u.Stats.Plus(other.Stats)
}
