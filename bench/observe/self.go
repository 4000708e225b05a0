package observe

import (
	"runtime"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
	"plenum/bench/clock"
)

// Self is the resource use of this process, since its start or between two moments.
type Self struct {
	At    int64         `json:"at"` // Monotonic; between two moments: the nanoseconds in between
	CPU   time.Duration `json:"cpu"`
	Pause time.Duration `json:"pause"` // longest pause of the garbage collector
	Cores int           `json:"cores"` // that this process may use

	Machine MachineTime `json:"machine"`

	pauses []uint64 // number of pauses by bucket
}

const pausesMetric = "/sched/pauses/total/gc:seconds"

// ReadSelf returns the use of this process so far.
func ReadSelf() Self {
	s := Self{At: clock.Monotonic(), CPU: OwnCPU(), Cores: runtime.NumCPU(), Machine: readMachine()}
	s.pauses = append(s.pauses, gcPauses().Counts...)
	return s
}

// Since returns the use from before to s. Pause is the longest pause in between, to the
// precision of the runtime's histogram.
func (s Self) Since(before Self) Self {
	d := Self{At: s.At - before.At, CPU: s.CPU - before.CPU, Cores: s.Cores, Machine: s.Machine.since(before.Machine)}
	bounds := gcPauses().Buckets
	for i, n := range s.pauses {
		if n > before.pauses[i] {
			d.Pause = seconds(bounds[i])
		}
	}
	return d
}

// Merge adds the use of another process that ran at the same time.
func (s *Self) Merge(other Self) {
	s.At = max(s.At, other.At)
	s.CPU += other.CPU
	s.Pause = max(s.Pause, other.Pause)
	s.Cores = max(s.Cores, other.Cores)
	s.Machine.Busy = max(s.Machine.Busy, other.Machine.Busy) // all processes see the same machine
	s.Machine.Steal = max(s.Machine.Steal, other.Machine.Steal)
}

// Per returns n per second, or 0 for 0 seconds, as in a run that was cut before its start.
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

// OwnCPU returns the processor time of this process so far.
func OwnCPU() time.Duration {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil { // cannot fail for the calling process
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
