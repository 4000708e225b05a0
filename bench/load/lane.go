package load

import (
	"sync/atomic"
	"time"

	"plenum/bench/latency"
)

// lane is one loop's part.
type lane struct {
	delivery  latency.Histogram
	batches   latency.Histogram
	last      []int64 // of each message, when this loop's last member had it
	guess     int     // where the last text was found
	delivered uint64
	readied   uint64
	foreign   uint64           // texts of another room, or of no message
	expected  []expectedStream // of each room, if the receiver follows

	interval     int64   // Monotonic, when the interval under way began; 0: before the load
	intervalBusy int64   // nanoseconds of it that the loop was not waiting
	fullest      float64 // of all intervals, the largest such part

	// atomic, as of the loop's last batch
	seenDelivered atomic.Uint64
	seenReady     atomic.Uint64
	busy          atomic.Int64 // nanoseconds between a wait's end and the next
}

// intervalTime is how long a loop must be without a wait to be taken for overrun: what
// came meanwhile has waited for the loop, and was perhaps lost for it. One that is
// overrun for twice as long is always found.
const intervalTime = int64(250 * time.Millisecond)

// busyFor adds a batch that ended at now to the interval under way.
func (ln *lane) busyFor(now, took int64) {
	if ln.interval == 0 {
		ln.interval = now - took
	}
	ln.intervalBusy += took
	if passed := now - ln.interval; passed >= intervalTime {
		ln.fullest = max(ln.fullest, float64(ln.intervalBusy)/float64(passed))
		ln.interval, ln.intervalBusy = now, 0
	}
	if took >= intervalTime {
		ln.fullest = 1
	}
}
