package wheel

import (
	"flag"
	"slices"
	"testing"
	"time"
)

// The engine holds a lock during each call of Arm and Advance, so the longest call is the longest hold.
var scaleMembers = flag.Int("members", 20_000, "number of items in the benchmark of scale")

// BenchmarkScaleWheel turns a wheel as the engine does with its default times: pings are due within 12 to 15 s, in batches
// of four ticks, and each item that fires is armed again one by one. The operation is one batch. A wheel has one item per
// connection of its poller.
func BenchmarkScaleWheel(b *testing.B) {
	const period, batch = 60, 4
	w := New(period+2, 0, entryOf)
	items := make([]item, *scaleMembers)
	after := func(now uint32, i int) uint32 {
		at := now + period - uint32(uint64(period/4-batch+1)*uint64(uint32(i)*0x9E3779B1>>16)>>16)
		return at - at%batch
	}
	now := uint32(period)
	advance(w, now)
	for i := range items {
		items[i].id = i
		w.Arm(&items[i], after(now+uint32(i%period), i))
	}
	fired := make([]*item, 0, 64) // as many as the engine handles at a time
	var advances []time.Duration
	arm, arms := time.Duration(0), 0
	turn := func() {
		now += batch
		for done := false; !done; {
			begin := time.Now()
			fired, done = w.Advance(now, fired[:0])
			advanced := time.Now()
			for _, it := range fired {
				w.Arm(it, after(now, it.id))
			}
			advances = append(advances, advanced.Sub(begin))
			arm, arms = arm+time.Since(advanced), arms+len(fired)
		}
	}
	for range 2 * period / batch {
		turn() // the slots and blocks have their final sizes
	}
	advances, arm, arms = nil, 0, 0
	for b.Loop() {
		turn()
	}
	slices.Sort(advances)
	b.ReportMetric(float64(advances[len(advances)*99/100].Nanoseconds()), "ns/longest-hold") // the last 1 % are interrupts
	b.ReportMetric(float64(arm.Nanoseconds())/float64(max(arms, 1)), "ns/arm")
	b.ReportMetric(float64(arms)/float64(b.N), "items/op")
}
