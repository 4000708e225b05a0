package suite

import (
	"context"
	"time"

	"plenum/bench/observe"
)

const (
	quietInterval = 300 * time.Millisecond // the machine's use is measured over this time
	quietTime     = 10 * time.Second       // longest wait
)

// settle waits until the machine uses at most this many cores. Then the work that the last server left
// behind is done. It waits for quietTime at most.
func settle(ctx context.Context, cores float64) {
	ctx, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	ticker := time.NewTicker(quietInterval)
	defer ticker.Stop()
	for before := observe.MachineBusy(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := observe.MachineBusy()
		if (now - before).Seconds() <= cores*quietInterval.Seconds() {
			return
		}
		before = now
	}
}
