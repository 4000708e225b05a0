package rooms

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lockTimes are the times for which a room's lock was held. Each is measured by the goroutine that holds it, around the call
// that takes and releases the lock. So each includes two readings of the clocks, about 0.3 µs. Nothing is left out: cpu
// includes interrupts, and elapsed also the time for which the goroutine did not run.
type lockTimes struct {
	cpu, elapsed []time.Duration
	longest      []time.Duration // of cpu, per message
}

// measure calls f, which holds the lock for nearly all of its time. The goroutine is locked to its thread.
func (h *lockTimes) measure(f func()) {
	begin, cpu := time.Now(), timeOn(unix.CLOCK_THREAD_CPUTIME_ID)
	f()
	took := timeOn(unix.CLOCK_THREAD_CPUTIME_ID) - cpu
	h.cpu, h.elapsed = append(h.cpu, took), append(h.elapsed, time.Since(begin))
	if n := len(h.longest); n > 0 {
		h.longest[n-1] = max(h.longest[n-1], took)
	}
}

// flush is Hub.flush without its other tasks.
func (h *lockTimes) flush(hub *Hub, f *flusher, w *work) {
	r, t, rest := w.room, f.tally(hub), 0
	h.measure(func() { rest = r.beginFlushes(f, w, turnWork) })
	if rest > 0 {
		hub.queue.Push(&w.item, rest, 0)
	}
	f.writeAll(r, t)
	if f.n > 0 {
		h.measure(func() { r.moveOn(f) })
		for _, w := range f.more {
			hub.queue.Push(&w.work.item, w.size, 0)
		}
	}
	f.finish(hub, t)
}

// report reports percentiles. The longest hold is that of the message with the fewest interrupts.
func (h *lockTimes) report(b *testing.B) {
	b.ReportMetric(float64(slices.Min(h.longest).Nanoseconds()), "ns/longest-hold")
	for clock, took := range map[string][]time.Duration{"": h.cpu, "-elapsed": h.elapsed} {
		slices.Sort(took)
		for name, share := range map[string]float64{"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1} {
			i := int(share * float64(len(took)-1))
			b.ReportMetric(float64(took[i].Nanoseconds()), "ns/hold-"+name+clock)
		}
	}
}

// together lets two processes measure at the same time, if PLENUM_TOGETHER is set. It writes "ready" to standard error, and
// waits for a line on standard input. goesOn is called when the measurement is over, and writes "measured". It returns true
// until another line comes or standard input ends. Until then the process goes on, so that neither process measures alone.
func together(b *testing.B) (goesOn func() bool) {
	if os.Getenv("PLENUM_TOGETHER") == "" {
		return func() bool { return false }
	}
	in := bufio.NewReader(os.Stdin)
	fmt.Fprintln(os.Stderr, "ready")
	if _, err := in.ReadString('\n'); err != nil {
		b.Fatal("PLENUM_TOGETHER: want a line on standard input: ", err)
	}
	var ended atomic.Bool
	go func() { _, _ = in.ReadString('\n'); ended.Store(true) }()
	say := sync.OnceFunc(func() { fmt.Fprintln(os.Stderr, "measured") })
	return func() bool {
		say()
		return !ended.Load()
	}
}

// profileMutexes measures how long goroutines wait for mutexes, if PLENUM_MUTEXES is set, because it makes each wait slower.
// The function that it returns ends the measurement. It reports the waits in percent of the time of all processors, in total
// and by the function that unlocks.
func profileMutexes(b *testing.B) (report func(elapsed time.Duration)) {
	if os.Getenv("PLENUM_MUTEXES") == "" {
		return func(time.Duration) {}
	}
	before := mutexWaits(b)
	runtime.SetMutexProfileFraction(1)
	return func(elapsed time.Duration) {
		runtime.SetMutexProfileFraction(0)
		total, all := 0.0, elapsed.Seconds()*float64(runtime.GOMAXPROCS(0))
		for name, seconds := range mutexWaits(b) {
			if seconds -= before[name]; seconds <= 0 {
				continue
			}
			total += seconds
			b.ReportMetric(100*seconds/all, "wait%:"+name)
		}
		b.ReportMetric(100*total/all, "wait%")
	}
}

var (
	cyclesPerSecond = regexp.MustCompile(`^cycles/second=(\d+)`)
	waitRecord      = regexp.MustCompile(`^(\d+) \d+ @ `)
	waitFrame       = regexp.MustCompile(`^#\t0x[0-9a-f]+\t(\S+)\+0x`)
)

// mutexWaits returns the seconds of waiting in the mutex profile by the function that called Unlock.
func mutexWaits(b *testing.B) map[string]float64 {
	var text bytes.Buffer
	if err := pprof.Lookup("mutex").WriteTo(&text, 1); err != nil {
		b.Fatal(err)
	}
	waits, perSecond, waited := map[string]float64{}, 1.0, 0.0
	for line := range strings.Lines(text.String()) {
		if m := cyclesPerSecond.FindStringSubmatch(line); m != nil {
			perSecond, _ = strconv.ParseFloat(m[1], 64)
		} else if m := waitRecord.FindStringSubmatch(line); m != nil {
			waited, _ = strconv.ParseFloat(m[1], 64)
		} else if m := waitFrame.FindStringSubmatch(line); m != nil && waited > 0 && !strings.HasPrefix(m[1], "sync.") {
			waits[m[1]] += waited / perSecond
			waited = 0
		}
	}
	return waits
}
