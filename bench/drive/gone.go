package drive

import (
	"context"
	"time"

	"plenum/bench/clock"
	"plenum/bench/observe"
)

const (
	goneInterval = 100 * time.Millisecond // between two checks of the server's processes
	goneDrain    = 100 * time.Millisecond // limit for the drain of a run whose server has ended
)

// awaitGone waits until all processes of the server have ended and no connection is open, so that nothing
// can arrive any more. It does not look before the first message is due, because a run that ends earlier would have a negative
// length. It returns false if ctx ends first.
func (l *leader) awaitGone(ctx context.Context, o *observe.Server) bool {
	if clock.Sleep(ctx, time.Duration(l.start-clock.Monotonic())) != nil {
		return false
	}
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

// connections returns how many connections of all workers are open. A worker whose number is not known
// counts as 0.
func (l *leader) connections() (n uint64) {
	for _, w := range l.workers {
		n += w.connections()
	}
	return n
}
