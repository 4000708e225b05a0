package load

import (
	"sync/atomic"
	"time"

	"plenum/bench/latency"
)

// lane holds the counters and histograms of one loop. Only that loop writes them.
type lane struct {
	delivery  *latency.Recorder   // Load.Live is its reader
	rows      []latency.Histogram // the same, by interval of the series; nil: no series
	row       latency.Histogram   // of rows: the one of the current interval
	batches   latency.Histogram
	last      []int64          // per message: when the last member on this loop received it
	textAt    int              // offset of the previous text in its message, the first guess for the next one
	delivered uint64           // messages received, without duplicates
	ready     uint64           // members that have received a probe of each of their rooms
	foreign   uint64           // texts of another room, or damaged
	expected  []expectedStream // per room; nil if members are not compared
	stages    []StageCounts    // Delivered and Delivery only; nil without stages
	lastStage int              // stage of the previous delivery

	interval     int64   // start of the current interval, Monotonic; 0: before the run
	intervalBusy int64   // nanoseconds of the interval in which the loop was not waiting
	busiest      float64 // the largest busy share of any interval, 0 to 1
	endAt        int64   // when the first member of this loop was closed by the server, Monotonic; 0: none was

	// atomic, as of the end of the loop's last batch
	seenDelivered atomic.Uint64
	seenReady     atomic.Uint64
	busy          atomic.Int64 // nanoseconds in which the loop was not waiting
}

// intervalTime is the length of the intervals whose busy share is measured. A loop that is busy
// for a whole interval counts as overrun, because messages that waited for it may have been
// lost. A loop that is busy for twice as long without a break is always detected.
const intervalTime = int64(250 * time.Millisecond)

// end is called when the server has closed a member of this loop. The first call ends the measurement of intervals. The later
// work of the loop, such as closing thousands of sockets of a killed server, cannot be the reason why the server closed it.
func (ln *lane) end(now int64) {
	if ln.endAt == 0 {
		ln.endAt = now
	}
}

// busyUntil adds the batch that ended at now, Monotonic, and took that many nanoseconds. The part after endAt is left out.
func (ln *lane) busyUntil(now, took int64) {
	begin := now - took
	if ln.endAt > 0 {
		now = min(now, ln.endAt)
	}
	if begin < now {
		ln.busyFor(now, now-begin)
	}
}

// busyFor adds a batch to the current interval. The batch ended at now, and took is its length in
// nanoseconds.
func (ln *lane) busyFor(now, took int64) {
	if ln.interval == 0 {
		ln.interval = now - took
	}
	ln.intervalBusy += took
	if passed := now - ln.interval; passed >= intervalTime {
		ln.busiest = max(ln.busiest, float64(ln.intervalBusy)/float64(passed))
		ln.interval, ln.intervalBusy = now, 0
	}
	if took >= intervalTime {
		ln.busiest = 1
	}
}
