package rooms

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The benchmarks of scale measure a Hub without sockets: the Sinks take all bytes and keep none. The flag -members sets their number:
// go test ./rooms -run '^$' -bench Scale -members 1000000
var scaleMembers = flag.Int("members", 20_000, "number of members in the benchmarks of scale")

// BenchmarkScale passes one message to each room. So each operation delivers one message to every member.
//
// ns/publish is the median time of one call. In several rooms it includes the deliveries, because the caller flushes inline.
// In one room it is processor time. This includes the wake-up of a worker, and 0.5 µs or so to measure it. ns/join and
// ns/leave are the elapsed time per call, for random members and with all processors at work.
func BenchmarkScale(b *testing.B) {
	for _, s := range []struct {
		name  string
		sizes func(members int) []int
	}{
		{"one-room", func(members int) []int { return []int{members} }},
		{"rooms-of-10", func(members int) []int { return slices.Repeat([]int{10}, members/10) }},
		{"rooms-of-Zipf-sizes", zipfSizes},
	} {
		onCores(b, s.name+"/null", func(b *testing.B) { measureScale(b, s.sizes(*scaleMembers), false) }, 1, 2)
		onCores(b, s.name+"/spins-1us", func(b *testing.B) { measureScale(b, s.sizes(*scaleMembers), true) }, 1, 2)
	}
}

// onCores runs a benchmark with each number of processors. The flag -cpu cannot do that: it has no effect on the first run
// of a benchmark that uses B.Loop.
func onCores(b *testing.B, name string, f func(b *testing.B), cores ...int) {
	for _, n := range cores {
		b.Run(fmt.Sprintf("%s/cores=%d", name, n), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
			f(b)
		})
	}
}

// zipfSizes shares the members among rooms, one room per five members: room i has about 1/i of the members of room 1, and
// at least one.
func zipfSizes(members int) []int {
	sizes, total := make([]int, members/5), 0.0
	for i := range sizes {
		total += 1 / float64(i+1)
	}
	shared, given := 0.0, 0
	for i := range sizes {
		shared += 1 / float64(i+1) / total * float64(members-len(sizes))
		more := int(shared+0.5) - given
		given += more
		sizes[i] = 1 + more
	}
	return sizes
}

func measureScale(b *testing.B, sizes []int, spins bool) {
	c := newCrowd(b, sizes, spins)
	defer c.serve()()
	c.pass() // the logs and lists have their final sizes
	goesOn, mutexes := together(b), profileMutexes(b)
	began := timeOn(unix.CLOCK_PROCESS_CPUTIME_ID)
	for b.Loop() {
		c.pass()
	}
	elapsed, cpu := b.Elapsed(), timeOn(unix.CLOCK_PROCESS_CPUTIME_ID)-began
	mutexes(elapsed)
	for goesOn() {
		c.pass()
	}
	c.awaitDeliveries(b)
	deliveries := float64(b.N) * float64(c.members())
	b.ReportMetric(float64(elapsed.Nanoseconds())/deliveries, "ns/delivery")
	b.ReportMetric(float64(cpu.Nanoseconds())/deliveries, "cpu-ns/delivery")
	b.ReportMetric(median(c.publishTimes()), "ns/publish")
	b.ReportMetric(c.bytesEach, "B/member")
	leaves, joins := c.churn()
	b.ReportMetric(leaves, "ns/leave")
	b.ReportMetric(joins, "ns/join")
}

// churn lets some members leave and join again, five times. It returns the medians of the times per leave and per join.
func (c *crowd) churn() (leave, join float64) {
	var leaves, joins []float64
	each := func(f func(seat int32)) float64 {
		begin := time.Now()
		var running sync.WaitGroup
		for part := range slices.Chunk(c.leavers, len(c.leavers)/runtime.GOMAXPROCS(0)+1) {
			running.Go(func() {
				for _, seat := range part {
					f(seat)
				}
			})
		}
		running.Wait()
		return float64(time.Since(begin).Nanoseconds()) / float64(len(c.leavers))
	}
	for range 5 {
		leaves = append(leaves, each(func(seat int32) { c.memberAt(seat).Leave(1) }))
		joins = append(joins, each(c.join))
	}
	return median(leaves), median(joins)
}

func median[N int64 | float64 | time.Duration](values []N) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return float64(values[len(values)/2])
}

// BenchmarkScaleLock publishes into a room of idle members, and does the work of a worker. It reports how long the room's
// lock was held. Messages are published in pairs: the round that follows the second one visits all segments for nothing.
func BenchmarkScaleLock(b *testing.B) { onCores(b, "one-room", measureLock, 2) }

func measureLock(b *testing.B) {
	c := newCrowd(b, []int{*scaleMembers}, false)
	c.unheard.Store(math.MaxInt64)
	room, f := c.hub.rooms.find(c.names[0]), &flusher{}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var publish, flush lockTimes
	for b.Loop() {
		flush.longest = append(flush.longest, 0)
		for range 2 {
			var w woken
			publish.measure(func() { w, _, _ = room.accept(nil, c.body, 1, nil, nil) })
			c.hub.push(w, nil)
		}
		for c.hub.queue.Len() > 0 {
			w, _ := c.hub.queue.Pop(0)
			flush.flush(c.hub, f, w)
		}
	}
	flush.report(b)
	b.ReportMetric(median(publish.cpu), "ns/publish-hold")
	b.ReportMetric(float64(slices.Max(publish.elapsed)), "ns/publish-hold-max-elapsed")
}

// BenchmarkScaleList reads pages of 100 rooms, at different places, out of as many rooms as there are members.
func BenchmarkScaleList(b *testing.B) {
	h := New(silent())
	members := make([]discard, *scaleMembers)
	name := func(i int) string { return fmt.Sprintf("room-%08d", i) }
	for i := range members {
		if err := h.Join(&members[i].member, name(i), &members[i], 1); err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; b.Loop(); i++ {
		after := i * 7919 % (len(members) - 101)
		page, more := h.Rooms(name(after), 100)
		if len(page) != 100 || !more || page[0].Room != name(after+1) {
			b.Fatalf("page after %d: %d rooms, more: %v", after, len(page), more)
		}
	}
}

// memberBytes is the size of a Member, which is a field of its owner.
const memberBytes = unsafe.Sizeof(Member{})
