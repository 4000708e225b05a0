package observe

import (
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
	"plenum/bench/clock"
)

// Self is what this process itself has used so far, or between two moments.
type Self struct {
	At    int64         `json:"at"` // by the monotonic clock; between two moments: how long
	CPU   time.Duration `json:"cpu"`
	Pause time.Duration `json:"pause"` // the longest of the garbage collector

	Machine MachineTime `json:"machine"`

	pauses []uint64 // by bucket
}

const pausesMetric = "/sched/pauses/total/gc:seconds"

// ReadSelf returns what this process has used so far.
func ReadSelf() Self {
	s := Self{At: clock.Monotonic(), CPU: ownCPU(), Machine: readMachine()}
	s.pauses = append(s.pauses, gcPauses().Counts...)
	return s
}

// Since returns what was used from before to s. Pause is the longest one, to the
// precision of the runtime's histogram.
func (s Self) Since(before Self) Self {
	d := Self{At: s.At - before.At, CPU: s.CPU - before.CPU, Machine: s.Machine.since(before.Machine)}
	bounds := gcPauses().Buckets
	for i, n := range s.pauses {
		if n > before.pauses[i] {
			d.Pause = seconds(bounds[i])
		}
	}
	return d
}

// Merge adds the use of a process that ran at the same time.
func (s *Self) Merge(other Self) {
	s.At = max(s.At, other.At)
	s.CPU += other.CPU
	s.Pause = max(s.Pause, other.Pause)
	s.Machine.Busy = max(s.Machine.Busy, other.Machine.Busy) // each saw the same machine
	s.Machine.Steal = max(s.Machine.Steal, other.Machine.Steal)
}

// Per returns a rate a second; 0 where there was no time, as where a run is cut before
// it has begun.
func Per(n, seconds float64) float64 {
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
