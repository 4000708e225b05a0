package peer

import (
	"context"
	"sync"
	"time"
)

const slots = 15

// Beat says whom to ping when, for libraries that leave the heartbeat to their
// user: members are spread over slots, and each tick is the turn of one slot.
type Beat[M comparable] struct {
	mu sync.Mutex
	// guarded by mu
	slot [slots]map[M]struct{}
	next int // slot of the next member
	turn int // slot of the next tick
}

// Every returns the time between ticks at which each member's turn comes once a
// period.
func Every(period time.Duration) time.Duration { return period / slots }

// Add takes m into the heartbeat and returns the slot that Remove wants.
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

// Remove ends m's heartbeat.
func (b *Beat[M]) Remove(m M, slot int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.slot[slot], m)
}

// Tick adds those whose turn it is to dst.
func (b *Beat[M]) Tick(dst []M) []M {
	b.mu.Lock()
	defer b.mu.Unlock()
	for m := range b.slot[b.turn%slots] {
		dst = append(dst, m)
	}
	b.turn++
	return dst
}

// Run calls ping for every member once a period until ctx ends. A period of 0
// pings nobody.
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
