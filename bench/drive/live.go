package drive

import (
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/load"
)

// liveInterval is the time between two calls of Driver.Live within a phase.
const liveInterval = time.Second

// Live are the figures of a run so far. Its receiver may keep it, and must not change Latency.
type Live struct {
	Phase  string // name of the present phase, such as "measuring"
	Wanted uint64 // connections at the end of the phase; 0: it opens none

	// Elapsed is the time since the start of the phase, and Length is the whole length of the phase. Length
	// is 0 if it is unknown.
	Elapsed, Length time.Duration

	Due  uint64 // messages due by the schedule, or other events, named by Unit
	Unit string // of Due, Sent and NotSent, such as "upgrades"; empty: messages
	load.Live
}

// During runs work and waits for it. Meanwhile it calls Driver.Live with figures: at the start, once per
// second, and at the end. work has a goroutine of its own. If Driver.Live is nil, work runs on the
// caller's goroutine.
func (d *Driver) During(figures func() Live, work func()) {
	if d.Live == nil {
		work()
		return
	}
	finished := make(chan struct{})
	go func() { defer close(finished); work() }()
	ticker := time.NewTicker(liveInterval)
	defer ticker.Stop()
	for {
		d.Live(figures())
		select {
		case <-finished:
			d.Live(figures())
			return
		case <-ticker.C:
		}
	}
}

// phase fills the fields of f that describe the current phase.
type phase func(f *Live)

// named returns a phase that has a name only.
func named(name string) phase {
	return func(f *Live) { f.Phase = name }
}

// opening is the phase in which the connections are opened.
func (l *leader) opening(f *Live) {
	f.Phase, f.Wanted = "opening", uint64(l.plan.Members())
}

// running is the phase of the schedule, which has two names: first the warm-up, then the
// measurement.
func (l *leader) running(f *Live) {
	since := time.Duration(clock.Monotonic() - l.start)
	if l.plan.Warmup > 0 && since < l.plan.Warmup {
		f.Phase, f.Elapsed, f.Length = "warm-up", max(0, since), l.plan.Warmup
		return
	}
	f.Phase, f.Length = "measuring", l.plan.Duration
	f.Elapsed = min(max(0, since-l.plan.Warmup), f.Length)
}

// figures returns the sum of the figures of all workers, in phase p.
func (l *leader) figures(p phase) Live {
	f := Live{Live: load.Live{At: clock.Monotonic(), Latency: latency.NewHistogram()}}
	for _, w := range l.workers {
		f.Merge(w.live())
	}
	if l.start > 0 {
		// The figures of copies are not of the same moment, but every message was due when it was sent.
		f.Due = max(l.plan.DueWithin(time.Duration(f.At-l.start)), f.Sent+f.NotSent)
	}
	p(&f)
	return f
}
