package rooms

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// manyRooms returns a Hub with the given number of rooms of one member each.
func manyRooms(b *testing.B, count int) *Hub {
	h := New(silent())
	members, to := make([]Member, count), new(discard)
	for i := range members {
		if err := h.Join(&members[i], roomNumber(i), to, 0); err != nil {
			b.Fatal(err)
		}
	}
	return h
}

func roomNumber(i int) string { return fmt.Sprintf("room-%07d", i) }

// BenchmarkRooms reads pages of 100 rooms out of a million. Each page begins at a random room.
func BenchmarkRooms(b *testing.B) {
	const count, limit = 1_000_000, 100
	h := manyRooms(b, count)
	var longest time.Duration
	for b.Loop() {
		after := roomNumber(rand.IntN(count - limit - 1))
		began := time.Now()
		if page, more := h.Rooms(after, limit); len(page) != limit || !more {
			b.Fatalf("%d rooms after %s", len(page), after)
		}
		longest = max(longest, time.Since(began))
	}
	b.ReportMetric(float64(longest.Microseconds()), "max-µs")
}

// BenchmarkNewRooms creates many rooms of one member each.
func BenchmarkNewRooms(b *testing.B) {
	const count = 1_000_000
	names := make([]string, count)
	for i := range names {
		names[i] = roomNumber(i)
	}
	rand.Shuffle(count, func(i, j int) { names[i], names[j] = names[j], names[i] })
	for b.Loop() {
		b.StopTimer()
		before := heap()
		h := New(silent())
		members, to := make([]Member, count), new(discard)
		before += int64(count) * 48
		b.StartTimer()
		for i, name := range names {
			if err := h.Join(&members[i], name, to, 0); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/count, "B/room")
		runtime.KeepAlive(h)
		runtime.KeepAlive(members)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/room")
}

// heap returns the size of the live heap.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkMembers reads a page of 100 names of a very large room. It looks at all members.
func BenchmarkMembers(b *testing.B) {
	h := New(silent())
	members := make([]named, 1_000_000)
	for i := range members {
		members[i].name = roomNumber(rand.IntN(len(members)))
		if err := h.Join(&members[i].member, "general", &members[i], 0); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if page := h.Members("general", "", 100); len(page.Names) != 100 {
			b.Fatal(len(page.Names))
		}
	}
}

// named is a discard with a name.
type named struct {
	discard
	name string
}

func (n *named) Name() string { return n.name }
