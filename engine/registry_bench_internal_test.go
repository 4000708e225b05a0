package engine

import (
	"flag"
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"
)

var scaleMembers = flag.Int("members", 20_000, "number of connections in the benchmark of the registry")

// BenchmarkRegistry adds -members connections and then reads all of them. It reports the processor time of the longest
// hold of the registry's lock, without garbage collection. Times on the clock would depend on other processes.
func BenchmarkRegistry(b *testing.B) {
	count := *scaleMembers
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	best := int64(math.MaxInt64)
	var add, read int64
	for b.Loop() {
		add, read = 0, 0
		r, c := registry{limit: count, empty: make(chan struct{})}, new(Conn)
		for range count / 50 {
			add = max(add, processorTime(b, func() {
				for range 50 {
					_ = r.add(c)
				}
			}))
		}
		block := make([]*Conn, connBlock)
		for i := range r.blocks() {
			read = max(read, processorTime(b, func() { r.copyBlock(block, i) }))
		}
		best = min(best, max(add, read))
	}
	b.ReportMetric(float64(best), "ns/longest-hold") // of the best operation: the others have interrupts in them
	b.ReportMetric(float64(add)/1e3, "max-µs/50-adds")
	b.ReportMetric(float64(read)/1e3, "max-µs/read")
}

// processorTime returns the processor time that f uses, in nanoseconds. The goroutine is locked to its thread.
func processorTime(b *testing.B, f func()) int64 {
	var before, after unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &before); err != nil {
		b.Fatal(err)
	}
	f()
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &after)
	return after.Nano() - before.Nano()
}
