package bench

import (
	"context"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what this process itself has used so far, or in between.
type usage struct {
	At    int64         `json:"at"` // Monotonic; in between: how long
	CPU   time.Duration `json:"cpu"`
	Busy  time.Duration `json:"busy"` // of the busiest loop, not waiting
	Pause time.Duration `json:"pause"`
	Stats Stats         `json:"stats"`

	Machine machineTime `json:"machine"`

	pauses []uint64 // by bucket
}

const pausesMetric = "/sched/pauses/total/gc:seconds"

func (l *load) usage() usage {
	u := ownUsage(l.pool)
	u.Busy = l.recv.busy()
	return u
}

func ownUsage(pool *Pool) usage {
	u := usage{At: Monotonic(), CPU: ownCPU(), Stats: pool.Stats(), Machine: readMachine()}
	u.pauses = append(u.pauses, gcPauses().Counts...)
	return u
}

// since returns what was used from before to u. Pause is the longest one, to the
// precision of the runtime's histogram.
func (u usage) since(before usage) usage {
	d := usage{At: u.At - before.At, CPU: u.CPU - before.CPU, Busy: u.Busy - before.Busy, Stats: u.Stats.since(before.Stats)}
	d.Machine = u.Machine.since(before.Machine)
	bounds := gcPauses().Buckets
	for i, n := range u.pauses {
		if n > before.pauses[i] {
			d.Pause = seconds(bounds[i])
		}
	}
	return d
}

// per returns a rate a second; 0 where there was no time, as where a run is cut before
// it has begun.
func per(n, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return n / seconds
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func gcPauses() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: pausesMetric}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

func ownCPU() time.Duration {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil { // cannot fail for a process itself
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func (s Stats) since(before Stats) Stats {
	s.Frames -= before.Frames
	s.Messages -= before.Messages
	s.Bytes -= before.Bytes
	s.Pings -= before.Pings
	s.Sent -= before.Sent
	s.Refused -= before.Refused
	return s
}

// until waits until done, within has passed or ctx has ended, and tells whether done.
func until(ctx context.Context, within time.Duration, done func() bool) bool {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return false
		case <-deadline.C:
			return done()
		case <-ticker.C:
		}
	}
	return true
}
