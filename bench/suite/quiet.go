package suite

import (
	"context"
	"time"

	"plenum/bench/observe"
)

const (
	quietLook = 300 * time.Millisecond // over which the machine is watched
	quietTime = 10 * time.Second       // longest wait for it
)

// settle waits until the machine uses no more than that many cores, so that what the
// last server left behind is done; for quietTime at most.
func settle(ctx context.Context, cores float64) {
	ctx, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	ticker := time.NewTicker(quietLook)
	defer ticker.Stop()
	for before := observe.MachineBusy(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := observe.MachineBusy()
		if (now - before).Seconds() <= cores*quietLook.Seconds() {
			return
		}
		before = now
	}
}
