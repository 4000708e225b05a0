package engine

import (
	"flag"
	"testing"
	"time"
)

var scaleMembers = flag.Int("members", 20_000, "number of connections in the benchmark of scale")

// BenchmarkScaleTable fills and empties the table of all connections. ns/longest-hold is the longest time of one add, in
// the best of the operations: the others have interrupts of the machine in them.
func BenchmarkScaleTable(b *testing.B) {
	conns := make([]Conn, *scaleMembers)
	best := time.Duration(1<<63 - 1)
	for b.Loop() {
		r := &registry{limit: len(conns), empty: make(chan struct{})}
		longest, last := time.Duration(0), time.Now()
		for i := range conns {
			if err := r.add(&conns[i]); err != nil {
				b.Fatal(err)
			}
			now := time.Now()
			longest, last = max(longest, now.Sub(last)), now
		}
		best = min(best, longest)
		for i := range conns {
			r.remove(&conns[i])
		}
	}
	b.ReportMetric(float64(best.Nanoseconds()), "ns/longest-hold")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(conns)), "ns/conn")
}
