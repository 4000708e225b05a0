package load

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
)

// churn lets members leave and others join in their place, by an open-loop schedule. The
// senders of a room never leave.
type churn struct {
	mu      sync.Mutex
	present []int             // tags of the members that may leave
	latency latency.Histogram // of joins, from their due time

	// atomic
	next         atomic.Int64
	left, joined atomic.Uint64
	failed       atomic.Uint64
	fault        atomic.Pointer[string]
}

// run returns when the schedule has ended and the last dial is done.
func (c *churn) run(ctx context.Context, l *Load, start int64) {
	c.latency = latency.NewHistogram()
	for tag := range l.plan.Members() {
		m := &l.recv.members[tag]
		if l.plan.own(tag) && !l.plan.stays(int(m.index)) && !m.slow {
			c.present = append(c.present, tag)
		}
	}
	schedule := l.plan.leaves()
	schedule.Start = start
	var running sync.WaitGroup
	for range l.plan.Dialers {
		running.Go(func() { c.work(ctx, l, schedule) })
	}
	running.Wait()
}

func (c *churn) work(ctx context.Context, l *Load, schedule Schedule) {
	for i := int(c.next.Add(1) - 1); i < l.plan.joiners(); i = int(c.next.Add(1) - 1) {
		if i%l.plan.Shards != l.plan.Shard {
			continue
		}
		if clock.Sleep(ctx, schedule.Wait(clock.Monotonic(), i)) != nil {
			return
		}
		c.replace(ctx, l, i, schedule.Due(i))
	}
}

// replace closes one member and lets another join the same room. i is the number of the joining
// member, and due is when it was due.
func (c *churn) replace(ctx context.Context, l *Load, i int, due int64) {
	gone, ok := c.pick()
	if !ok {
		return
	}
	old := &l.recv.members[gone]
	old.leaving.Store(true)
	if l.clients[gone].Close(1000) == nil { // an error means that the server closed first, which is counted
		c.left.Add(1)
	}
	tag := l.plan.Members() + i
	l.recv.members[tag].room, l.recv.members[tag].index = old.room, old.index
	if err := l.dial(ctx, tag); err != nil {
		if ctx.Err() == nil {
			text := err.Error()
			c.fault.CompareAndSwap(nil, &text)
			c.failed.Add(1)
		}
		return
	}
	now := clock.Monotonic()
	l.recv.members[tag].joined = now
	c.joined.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latency.Record((now - due) / int64(time.Microsecond))
	c.present = append(c.present, tag)
}

// pick removes a random member from present and returns its tag.
func (c *churn) pick() (tag int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.present) == 0 {
		return 0, false
	}
	i, last := rand.IntN(len(c.present)), len(c.present)-1
	tag = c.present[i]
	c.present[i] = c.present[last]
	c.present = c.present[:last]
	return tag, true
}
