package drive

import (
	"context"
	"time"

	"plenum/bench/observe"
)

const (
	goneInterval = 100 * time.Millisecond // between two looks at the server's processes
	goneDrain    = 100 * time.Millisecond // limit for the drain of a run whose server has ended
)

// awaitGone waits until all processes of the server have ended and no connection is open, which it
// reports by true, or until ctx ends. Nothing can arrive after that.
func (l *leader) awaitGone(ctx context.Context, o *observe.Server) bool {
	ticker := time.NewTicker(goneInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
		if o.AllGone() && l.connections() == 0 {
			return true
		}
	}
}

// connections returns how many connections of all workers are open, as far as that is known.
func (l *leader) connections() (n uint64) {
	for _, w := range l.workers {
		n += w.connections()
	}
	return n
}
