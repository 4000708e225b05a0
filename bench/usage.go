package bench

import (
	"time"

	"plenum/bench/observe"
	"plenum/bench/wsclient"
)

// usage is what this process itself has used so far, or between two moments, with what its
// connections did meanwhile.
type usage struct {
	observe.Self
	Busy  time.Duration  `json:"busy"` // of the busiest loop, not waiting
	Stats wsclient.Stats `json:"stats"`
}

// ownUsage returns what this process has used so far, and pool with it.
func ownUsage(pool *wsclient.Pool) usage { return usage{Self: observe.ReadSelf(), Stats: pool.Stats()} }

func (l *load) usage() usage {
	u := ownUsage(l.pool)
	u.Busy = l.recv.busy()
	return u
}

// since returns what was used from before to u.
func (u usage) since(before usage) usage {
	return usage{Self: u.Self.Since(before.Self), Busy: u.Busy - before.Busy, Stats: u.Stats.Since(before.Stats)}
}

// merge adds the usage of a process that ran at the same time.
func (u *usage) merge(other usage) {
	u.Self.Merge(other.Self)
	u.Busy = max(u.Busy, other.Busy)
	u.Stats = u.Stats.Plus(other.Stats)
}
