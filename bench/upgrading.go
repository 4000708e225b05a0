package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/wsclient"
)

// upgrading is the state of one running part.
type upgrading struct {
	group    *group
	isSteady bool          // not a storm
	schedule load.Schedule // of the steady part
	begun    int           // steady part: upgrades

	mu      sync.Mutex
	latency *latency.Recorder
	stages  upgradeStages
	open    []*wsclient.Client // storm: all connections; steady part: ring of the newest

	// atomic
	done, failed atomic.Uint64
	late         atomic.Uint64
	fault        atomic.Pointer[string]
}

// fill opens the connections that the steady part closes first, for at most the time within. They
// have no part in the figures, except if they fail.
func (u *upgrading) fill(ctx context.Context, within time.Duration, dialers int) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	u.all(ctx, dialers, func(i int, _ int64, c *wsclient.Client, err error) {
		if err = u.group.greet(i, c, err); err != nil {
			u.fail(ctx, err)
			return
		}
		u.open[i] = c
	})
}

// all dials as many connections as open has elements. It calls done with the number of each, and
// with the time at which its dial began.
func (u *upgrading) all(ctx context.Context, dialers int, done func(i int, begin int64, c *wsclient.Client, err error)) {
	begun := make([]int64, len(u.open))
	var taken atomic.Int64
	next := func() (string, int, bool) {
		i := int(taken.Add(1) - 1)
		if i >= len(begun) {
			return "", i, false
		}
		begun[i] = clock.Monotonic()
		return u.group.url(i), i, true
	}
	u.group.pool.DialEach(ctx, dialers, next, func(i int, c *wsclient.Client, err error) { done(i, begun[i], c, err) })
}

// run opens connections until ctx ends or all upgrades of the storm are done.
func (u *upgrading) run(ctx context.Context, dialers int) {
	if !u.isSteady {
		u.all(ctx, dialers, func(i int, begin int64, c *wsclient.Client, err error) { u.ended(ctx, i, begin, c, err) })
		return
	}
	var pacing sync.WaitGroup
	pacing.Go(func() { u.steady(ctx, dialers) })
	pacing.Wait()
	for i, now := u.begun, clock.Monotonic(); u.schedule.Due(i) < now; i++ {
		u.overdue(u.schedule.Due(i), now) // no dialer was free
	}
}

// steady follows the schedule in a thread of its own. At most dialers upgrades are not done at a
// time.
func (u *upgrading) steady(ctx context.Context, dialers int) {
	load.Prioritize()
	dialling := make(chan struct{}, dialers)
	for ; load.Await(ctx, u.schedule, u.begun); u.begun++ {
		dialling <- struct{}{} // every dial ends, at the latest with ctx
		i, due := len(u.open)+u.begun, u.schedule.Due(u.begun)
		ended := func(c *wsclient.Client, err error) {
			u.ended(ctx, i, due, c, err)
			<-dialling
		}
		if err := u.group.pool.Begin(ctx, u.group.url(i), i, ended); err != nil {
			ended(nil, err)
		}
	}
	for range dialers {
		dialling <- struct{}{}
	}
}

// ended takes the result of a dial. The new connection takes the place of an old one, which is
// closed. begin is the time from which the latency counts.
func (u *upgrading) ended(ctx context.Context, i int, begin int64, c *wsclient.Client, err error) {
	if err = u.group.greet(i, c, err); err != nil {
		switch failed := u.fail(ctx, err); {
		case failed:
			u.failedAt(begin)
		case u.isSteady:
			u.overdue(begin, clock.Monotonic())
		}
		return
	}
	took := clock.Monotonic() - begin
	u.done.Add(1)
	u.mu.Lock()
	old := u.open[i%len(u.open)]
	u.open[i%len(u.open)] = c
	u.record(took)
	u.stages.done(begin-u.schedule.Start, time.Duration(took))
	u.mu.Unlock()
	if old != nil {
		_ = old.Close(1000) // it fails only if the server has closed the connection
	}
}

// fail counts an upgrade that failed, and returns true. If ctx has ended, that is the reason, and
// the upgrade is not counted.
func (u *upgrading) fail(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	text := err.Error()
	u.fault.CompareAndSwap(nil, &text)
	u.failed.Add(1)
	return true
}

// failedAt counts a failed upgrade in its stage.
func (u *upgrading) failedAt(due int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.stages.failed(due - u.schedule.Start)
}

// overdue records an upgrade that was due at due and is not done now.
func (u *upgrading) overdue(due, now int64) {
	u.late.Add(1)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.record(now - due)
	u.stages.late(due-u.schedule.Start, time.Duration(now-due))
}

// record records a latency in nanoseconds. u.mu must be held.
func (u *upgrading) record(took int64) {
	u.latency.Record(took / int64(time.Microsecond))
	u.latency.HandOver()
}

func (u *upgrading) figures(use load.Usage) *Upgrades {
	wall := time.Duration(use.At).Seconds()
	done, whole := u.done.Load(), u.latency.Whole()
	return &Upgrades{
		Done: done, Failed: u.failed.Load(), Late: u.late.Load(), Seconds: wall, PerSecond: float64(done) / wall,
		Ms: whole.Percentiles(), Histogram: &whole, Generator: use.CPU.Seconds() / wall,
	}
}
