package routes

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plenum/rooms"
)

// audience has the members of a room that is measured.
type audience struct {
	hub     *rooms.Hub
	members []listener
	due     time.Time // when the message is due; set before it is published
	unheard atomic.Int64
	heard   chan time.Duration // the time from due to the last delivery of a message
}

// listener is a member of an audience.
type listener struct {
	member rooms.Member
	all    *audience
}

func (*listener) Close(int, string) error { return nil }
func (*listener) Name() string            { return "listener" }

func (l *listener) WriteFrames(b []byte) (int, error) {
	if *write > 0 {
		for begin := time.Now(); time.Since(begin) < *write; {
		}
	}
	if l.all.unheard.Add(-1) == 0 {
		l.all.heard <- time.Since(l.all.due)
	}
	return len(b), nil
}

func (a *audience) join(b *testing.B, n int) {
	a.members, a.heard = make([]listener, n), make(chan time.Duration, 1)
	for i := range a.members {
		a.members[i].all = a
		if err := a.hub.Join(&a.members[i].member, "measured", &a.members[i], 1); err != nil {
			b.Fatal(err)
		}
	}
}

// interval is the interval between two messages.
const interval = 5 * time.Millisecond

// latencies publishes at a steady rate until ended is closed. It returns the latencies of the messages that count, sorted.
func (a *audience) latencies(ended <-chan struct{}, counts func() bool) (all []time.Duration) {
	body := fmt.Appendf(nil, `{"sender":"x","text":"%0100d"}`, 0)
	for a.due = time.Now().Add(interval); ; a.due = a.due.Add(interval) {
		select {
		case <-ended:
			slices.Sort(all)
			return all
		default:
		}
		sleepUntil(a.due)
		counted := counts == nil || counts()
		a.unheard.Store(int64(len(a.members)))
		a.hub.Publish("measured", body, 1, nil)
		if latency := <-a.heard; counted {
			all = append(all, latency)
		}
	}
}

// sleepUntil sleeps in a system call, as a poller does until a message arrives. A timer of the runtime would fire late if
// the collector's workers run on all Ps.
func sleepUntil(due time.Time) {
	for wait := time.Until(due); wait > 0; wait = time.Until(due) {
		t := unix.NsecToTimespec(int64(wait))
		_ = unix.Nanosleep(&t, nil) // it fails if a signal interrupts it
	}
}

// measure reports the latencies while other runs, and the processor time of everything.
func (a *audience) measure(b *testing.B, other other) {
	ended, collections, used := make(chan struct{}), collected(), processorTime()
	go func() {
		defer close(ended)
		other.run()
	}()
	all := a.latencies(ended, other.counts)
	if len(all) == 0 {
		b.Fatal("no message counts")
	}
	b.ReportMetric((processorTime() - used).Seconds(), "cpu-s")
	b.ReportMetric(float64(collected()-collections), "collections")
	b.ReportMetric(float64(len(all)), "messages")
	for _, percent := range []float64{50, 99, 99.9} {
		nth := int(math.Ceil(float64(len(all))*percent/100)) - 1
		b.ReportMetric(float64(all[nth].Microseconds()), fmt.Sprintf("p%v-us", percent))
	}
}

// processorTime returns the processor time that the process has used.
func processorTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) // it fails only for an unknown clock
	return time.Duration(t.Nano())
}
