package load

import (
	"time"

	"plenum/bench/observe"
	"plenum/bench/wsclient"
)

// Usage is what this process itself has used so far, or between two moments, with what its
// connections did meanwhile.
type Usage struct {
	observe.Self
	Busy  time.Duration  `json:"busy"` // of the busiest loop, not waiting
	Stats wsclient.Stats `json:"stats"`
}

// OwnUsage returns what this process has used so far, and pool with it.
func OwnUsage(pool *wsclient.Pool) Usage { return Usage{Self: observe.ReadSelf(), Stats: pool.Stats()} }

// Usage returns what this process has used so far, with its loops and its pool.
func (l *Load) Usage() Usage {
	u := OwnUsage(l.pool)
	u.Busy = l.recv.busy()
	return u
}

// Since returns what was used from before to u.
func (u Usage) Since(before Usage) Usage {
	return Usage{Self: u.Self.Since(before.Self), Busy: u.Busy - before.Busy, Stats: u.Stats.Since(before.Stats)}
}

// merge adds the usage of a process that ran at the same time.
func (u *Usage) merge(other Usage) {
	u.Self.Merge(other.Self)
	u.Busy = max(u.Busy, other.Busy)
	u.Stats = u.Stats.Plus(other.Stats)
}
