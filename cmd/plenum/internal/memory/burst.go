package memory

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// A handshake leaves more than 1 KB of garbage, and 13 KB if net/http serves it. Go collects garbage only when its size has
// grown to half of the live memory. Without an extra collection, the garbage of a burst of connections would remain for as
// long as the connections are idle.
const (
	burst    = 1000 // connections
	calm     = 100  // a burst has ended if fewer connections are opened within calmTime
	calmTime = time.Second
)

// AfterBursts calls collect when at least burst connections have been opened since the last call and
// the burst has ended. It returns when ctx ends. opened returns the total number of opened connections.
func AfterBursts(ctx context.Context, opened func() uint64, collect func()) {
	ticker := time.NewTicker(calmTime)
	defer ticker.Stop()
	for last, collected := opened(), opened(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := opened()
		if now-collected >= burst && now-last < calm {
			collect()
			collected = now
		}
		last = now
	}
}

// Collect frees garbage and returns its memory to the operating system. It collects twice, because the buffers in a
// sync.Pool survive the first collection.
func Collect() {
	runtime.GC()
	debug.FreeOSMemory()
}
