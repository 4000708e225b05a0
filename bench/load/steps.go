package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"plenum/bench/clock"
	"plenum/bench/wsclient"
)

// Quiet is the time without a delivery after which a drain ends. It applies if the number of
// expected deliveries is unknown.
const Quiet = time.Second

const (
	grace        = 200 * time.Millisecond // wait at the end, for duplicates
	pollInterval = 5 * time.Millisecond   // interval between two checks of a condition
	probeTime    = 20 * time.Microsecond  // added to the limit for a probe, per member
)

// Probe sends a probe to each room, and waits until all members of this process have received one of
// each of their rooms. It waits for at most 500 ms and 20 µs per member. It returns how many members have
// not received them so far. A sender whose connection has ended sends none. It is an error if the server
// has refused a request.
func (l *Load) Probe(ctx context.Context) (Silence, error) {
	if err := l.recv.talk.Err(); err != nil {
		return Silence{}, err
	}
	own := int(l.opened.Load()) - l.deaf()
	for first := 0; first < l.plan.Streams(); first += l.plan.slots() {
		if err := l.sender.probe(l, first); err != nil && !errors.Is(err, wsclient.ErrClosed) {
			return Silence{}, fmt.Errorf("bench: probe: %w", err)
		}
	}
	timeout := 500*time.Millisecond + time.Duration(l.plan.Members())*probeTime
	ready := func() int { return l.recv.ready() + int(l.slowReady.Load()) }
	until(ctx, timeout, func() bool { return ready() >= own })
	return l.silence(own - ready()), context.Cause(ctx)
}

// deaf returns how many members of this process receive no probe.
func (l *Load) deaf() (n int) {
	for tag := range l.plan.Members() {
		if l.plan.own(tag) && l.recv.members[tag].deaf {
			n++
		}
	}
	return n
}

// Begin sets when the schedule begins: at start, Monotonic. All processes of a run must have begun before
// one of them sends. A delivery that arrives earlier would be counted in no stage. Before Run, Begin may be
// called again.
func (l *Load) Begin(start int64) {
	runtime.GC() // so that no collection is due soon
	l.began = start
	bounds := l.plan.Bounds(start)
	l.recv.bounds.Store(&bounds)
	l.recv.from.Store(l.plan.measuredFrom(start))
}

// Run sends by the schedule. It returns the counts of sent messages when the schedule has ended. The end
// of ctx ends it early.
func (l *Load) Run(ctx context.Context) SendCounts {
	start := l.began
	l.start = l.Usage()
	l.start.At = start
	var running sync.WaitGroup
	running.Go(func() { l.sender.send(ctx, l, start) })
	if l.slow != nil {
		running.Go(func() { l.stall(ctx, start+int64(l.plan.Warmup)) })
	}
	if l.plan.Churn > 0 {
		running.Go(func() { l.joins.run(ctx, l, start) })
	}
	running.Wait()
	end := start + int64(l.plan.Warmup+l.plan.Duration)
	until(ctx, time.Duration(end-clock.Monotonic()), func() bool { return false })
	return l.sender.SendCounts
}

// Drain waits until all expected deliveries have arrived, for at most Plan.Drain, and then 200 ms
// longer for duplicates. all has the counts of sent messages of all processes. With churn, the
// number of expected deliveries is unknown. Drain then waits until nothing has arrived for Quiet
// and no message waits for its socket.
func (l *Load) Drain(ctx context.Context, all SendCounts) {
	l.all = all
	want, known := l.expected(all.Sent)
	seen, since := l.recv.delivered(), time.Now()
	until(ctx, l.plan.Drain, func() bool {
		if now := l.recv.delivered(); now != seen {
			seen, since = now, time.Now()
		}
		if known {
			return seen >= want
		}
		return time.Since(since) > Quiet && !l.waiting()
	})
	l.spent = l.Usage().Since(l.start)
	until(ctx, grace, func() bool { return false })
}

// waiting reports whether a message of this process still waits for its socket.
func (l *Load) waiting() bool {
	return slices.ContainsFunc(l.senderTags, func(tag int) bool {
		c := l.clients[tag]
		return c != nil && c.Waits()
	})
}

// expected returns how many deliveries the members of this process must receive. known is false
// if members join and leave.
func (l *Load) expected(sent []uint64) (n uint64, known bool) {
	for tag := range l.plan.Members() {
		m := &l.recv.members[tag]
		if m.slow || !l.plan.own(tag) {
			continue
		}
		for slot := range l.plan.slots() {
			if l.plan.receives(m, slot) {
				n += sent[int(m.group)*l.plan.slots()+slot]
			}
		}
	}
	return n, l.plan.Churn == 0
}

// wakeSlow lets the slow members read again, because a paused client does not notice that the server has
// closed it. It waits until the server has closed all of them, or until they have received nothing for
// 200 ms, for at most wakeTime.
func (l *Load) wakeSlow() {
	const wakeTime = 2 * time.Second
	if l.slow == nil {
		return
	}
	open := 0
	for _, c := range l.clients {
		if c != nil && l.recv.members[c.Tag()].slow && c.Resume() == nil {
			open++
		}
	}
	before := l.slowEnded.Load()
	seen, since := l.slow.Stats().Bytes, time.Now()
	until(context.Background(), wakeTime, func() bool {
		if now := l.slow.Stats().Bytes; now != seen {
			seen, since = now, time.Now()
		}
		return int(l.slowEnded.Load()-before) >= open || time.Since(since) > grace
	})
}

// until waits until done returns true, the time within has passed, or ctx has ended. It reports
// whether done returned true.
func until(ctx context.Context, within time.Duration, done func() bool) bool {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return false
		case <-deadline.C:
			return done()
		case <-ticker.C:
		}
	}
	return true
}
