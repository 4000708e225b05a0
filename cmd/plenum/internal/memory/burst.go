package memory

import (
	"context"
	"time"
)

// A handshake leaves 13 KB of garbage, and the collector waits until there is
// half as much of it as of what lives. After a burst of connections that much would
// lie about for as long as they are idle.
const (
	burst    = 1000 // connections
	calm     = 100  // fewer than so many a period
	calmTime = time.Second
)

// AfterBursts calls collect when at least burst connections have been opened since it
// last did and hardly any more come, until ctx ends. opened counts all that were ever.
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
