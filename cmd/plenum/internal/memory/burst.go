package memory

import (
	"context"
	"time"
)

// A handshake leaves 13 KB of garbage, and the collector waits until there is half as much
// garbage as live memory. Without a collection after a burst of connections, that garbage
// would stay for as long as the connections are idle.
const (
	burst    = 1000 // connections
	calm     = 100  // fewer connections than this per calmTime
	calmTime = time.Second
)

// AfterBursts calls collect when at least burst connections have been opened since the last
// call and hardly any more come. It returns when ctx ends. opened returns how many were ever opened.
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
