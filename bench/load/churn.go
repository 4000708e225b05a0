package load

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/wsclient"
)

// churn lets members leave and others join in their place, by an open-loop schedule. Senders and
// slow members never leave.
type churn struct {
	mu      sync.Mutex
	present []int             // tags of the members that may leave
	latency latency.Histogram // of joins that were due after the warm-up, until the hello messages are sent

	// atomic
	left, joined atomic.Uint64
	failed       atomic.Uint64          // joins, and reconnections of slow members
	fault        atomic.Pointer[string] // error of the first of these; nil: none failed
}

// run follows the schedule that begins at start, Monotonic, until it or ctx ends. It returns when the
// last dial is done. The calling goroutine gets a thread of its own, which closes the leaving members
// and begins the dials. At most plan.Dialers are in progress at a time.
func (c *churn) run(ctx context.Context, l *Load, start int64) {
	Prioritize()
	c.latency = latency.NewHistogram()
	for tag := range l.plan.Members() {
		m := &l.recv.members[tag]
		if l.plan.own(tag) && !l.plan.stays(int(m.index)) && !m.slow {
			c.present = append(c.present, tag)
		}
	}
	schedule := l.plan.leaves()
	schedule.Start = start
	dialling := make(chan struct{}, l.plan.Dialers)
	for i := l.plan.Shard; i < l.plan.joiners() && Await(ctx, schedule, i); i += l.plan.Shards {
		dialling <- struct{}{} // every dial ends, at the latest with ctx
		c.replace(ctx, l, i, schedule.Due(i), func() { <-dialling })
	}
	for range cap(dialling) { // wait for the dials in progress
		dialling <- struct{}{}
	}
}

// replace closes a random member and lets another one join its rooms. i is the number of the joining
// member, from 0. due is when the join was due, Monotonic. replace calls done when the join has ended.
// If no member may leave, there is no join.
func (c *churn) replace(ctx context.Context, l *Load, i int, due int64, done func()) {
	gone, ok := c.pick()
	if !ok {
		done()
		return
	}
	old := &l.recv.members[gone]
	old.leaving.Store(true)
	if l.clients[gone].Close(1000) == nil { // an error means that the server closed first, which is counted
		c.left.Add(1)
	}
	tag := l.plan.Members() + i
	l.recv.members[tag].group, l.recv.members[tag].index = old.group, old.index
	joined := func(client *wsclient.Client, err error) {
		defer done()
		c.join(ctx, l, tag, due, l.greet(tag, client, err))
	}
	if err := l.pool.Begin(ctx, l.url(tag), tag, joined); err != nil {
		joined(nil, err)
	}
}

// join counts the join of the member tag, which was due at due, Monotonic. err is its result. An error
// after the end of ctx is not counted. join may run on several loops at a time.
func (c *churn) join(ctx context.Context, l *Load, tag int, due int64, err error) {
	if err != nil {
		if ctx.Err() == nil {
			c.refuse(err)
		}
		return
	}
	now := clock.Monotonic()
	l.recv.members[tag].joined = now
	c.joined.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if due/int64(time.Microsecond) >= l.recv.from.Load() {
		c.latency.Record((now - due) / int64(time.Microsecond))
	}
	c.present = append(c.present, tag)
}

// refuse counts a join that has failed. Any goroutine may call it.
func (c *churn) refuse(err error) {
	text := err.Error()
	c.fault.CompareAndSwap(nil, &text)
	c.failed.Add(1)
}

// pick removes a random member from present and returns its tag. ok is false if there is none.
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
