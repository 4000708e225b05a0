package peer

import (
	"context"
	"sync"
	"time"
)

const slots = 15

// Beat schedules pings, for libraries without a heartbeat of their own. Members are spread over
// slots, and each tick pings one slot.
type Beat[M comparable] struct {
	mu sync.Mutex
	// guarded by mu
	slot [slots]map[M]struct{}
	next int // slot of the next member
	turn int // slot of the next tick
}

// Every returns the time between ticks, so that each member is pinged once per period.
func Every(period time.Duration) time.Duration { return period / slots }

// Add adds m to the heartbeat and returns its slot, which Remove needs.
func (b *Beat[M]) Add(m M) (slot int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	slot = b.next % slots
	b.next++
	if b.slot[slot] == nil {
		b.slot[slot] = make(map[M]struct{})
	}
	b.slot[slot][m] = struct{}{}
	return slot
}

// Remove removes m from the heartbeat.
func (b *Beat[M]) Remove(m M, slot int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.slot[slot], m)
}

// Tick appends the members of the next slot to dst.
func (b *Beat[M]) Tick(dst []M) []M {
	b.mu.Lock()
	defer b.mu.Unlock()
	for m := range b.slot[b.turn%slots] {
		dst = append(dst, m)
	}
	b.turn++
	return dst
}

// Run calls ping for every member once per period until ctx ends. A period of 0 means no pings.
func (b *Beat[M]) Run(ctx context.Context, period time.Duration, ping func(M)) {
	if period <= 0 {
		return
	}
	ticker := time.NewTicker(Every(period))
	defer ticker.Stop()
	var due []M
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		due = b.Tick(due[:0])
		for _, m := range due {
			ping(m)
		}
	}
}
