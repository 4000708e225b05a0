package memory

import (
	"context"
	"time"
)

// A handshake leaves 13 KB of garbage. Go collects garbage only when its size has grown to half of the live memory.
// Without an extra collection, the garbage of a burst of connections would remain for as long as the connections
// are idle.
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
