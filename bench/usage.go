package bench

import (
	"time"

	"plenum/bench/wsclient"
)

// usage is what this process itself has used so far, or between two moments, with what its
// connections did meanwhile.
type usage struct {
	self
	Busy  time.Duration  `json:"busy"` // of the busiest loop, not waiting
	Stats wsclient.Stats `json:"stats"`
}

// ownUsage returns what this process has used so far, and pool with it.
func ownUsage(pool *wsclient.Pool) usage { return usage{self: readSelf(), Stats: pool.Stats()} }

func (l *load) usage() usage {
	u := ownUsage(l.pool)
	u.Busy = l.recv.busy()
	return u
}

// since returns what was used from before to u.
func (u usage) since(before usage) usage {
	return usage{self: u.self.since(before.self), Busy: u.Busy - before.Busy, Stats: u.Stats.Since(before.Stats)}
}

// merge adds the usage of a process that ran at the same time.
func (u *usage) merge(other usage) {
	u.self.merge(other.self)
	u.Busy = max(u.Busy, other.Busy)
	u.Stats = u.Stats.Plus(other.Stats)
}
