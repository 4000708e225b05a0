package scale

import (
	"fmt"
	"strings"
	"time"
)

// Job is a benchmark with a number of members. Two processes run it at the same time, or one does.
type Job struct {
	Package   string `json:"package"`   // its folder
	Benchmark string `json:"benchmark"` // without the word Benchmark and the number of cores
	Members   int    `json:"members"`
	Cores     int    `json:"cores,omitempty"` // per process; 0: the benchmark has no such case
	Processes int    `json:"processes"`
	Mutexes   bool   `json:"mutexes,omitempty"` // with the mutex profile, which makes contention slower

	benchtime string // the argument of -test.benchtime
}

// String returns the job in words.
func (j Job) String() string {
	text := fmt.Sprintf("%s, %d members", j.Benchmark, j.Members)
	if j.Cores > 0 {
		text += fmt.Sprintf(", %d x %d cores", j.Processes, j.Cores)
	}
	if j.Mutexes {
		text += ", mutex profile"
	}
	return text
}

// pattern returns the argument of -test.bench.
func (j Job) pattern() string {
	path := "Benchmark" + j.Benchmark
	if j.Cores > 0 {
		path += fmt.Sprintf("/cores=%d", j.Cores)
	}
	return "^" + strings.ReplaceAll(path, "/", "$/^") + "$"
}

// Names of the benchmarks.
const (
	Lock  = "ScaleLock/one-room"
	List  = "ScaleList"
	Table = "Registry"
	Wheel = "LongestHold"
)

// Shapes are the distributions of the members over rooms.
var Shapes = []string{"one-room", "rooms-of-10", "rooms-of-Zipf-sizes"}

// The sinks, by which members receive their messages. Null does nothing, and Spins takes 1 µs per message.
const (
	Null  = "null"
	Spins = "spins-1us"
)

// Throughput returns the benchmark of a shape with a sink.
func Throughput(shape, sink string) string { return "Scale/" + shape + "/" + sink }

// Folders of the packages that are measured.
const (
	rooms  = "rooms"
	engine = "engine"
	wheels = "engine/internal/wheel"
)

// Plan has the sizes and the repeats of a suite.
type Plan struct {
	Members int           // in runs that are repeated
	Large   int           // in runs that are not; 0: none
	Repeats int           // of the throughputs
	Lasts   time.Duration // least duration of a run
	Memory  uint64        // bytes that must be available; the largest run takes 5 GB, in two processes
}

// Full is the published suite, and Short is a quick look.
var (
	Full  = Plan{Members: 1_000_000, Large: 10_000_000, Repeats: 3, Lasts: 2 * time.Second, Memory: 8 << 30}
	Short = Plan{Members: 100_000, Repeats: 1, Lasts: 300 * time.Millisecond, Memory: 1 << 30}
)

// jobs returns the runs in their order. Runs that are compared follow each other.
func (p Plan) jobs() (all []Job) {
	for range p.Repeats {
		for _, shape := range Shapes {
			all = append(all, p.compared(Throughput(shape, Null), p.Members)...)
			all = append(all, p.compared(Throughput(shape, Spins), p.Members)...)
		}
	}
	for _, shape := range Shapes {
		all = append(all, p.job(rooms, Throughput(shape, Null), p.Members, 2, true))
	}
	all = append(all, p.single(p.Members)...)
	all = append(all, p.job(rooms, List, p.Members, 0, false))
	if p.Large > 0 {
		all = append(all, p.single(p.Large)...)
		for _, shape := range Shapes {
			all = append(all, p.compared(Throughput(shape, Null), p.Large)...)
		}
	}
	return all
}

// single returns the benchmarks of the longest holds of locks.
func (p Plan) single(members int) []Job {
	table, wheel := p.job(engine, Table, members, 0, false), p.job(wheels, Wheel, members, 0, false)
	table.benchtime, wheel.benchtime = "3x", "3x" // they report the best of their operations
	return []Job{p.job(rooms, Lock, members, 2, false), table, wheel}
}

// compared returns the runs with one processor, with two, and with one in each of two processes.
func (p Plan) compared(benchmark string, members int) []Job {
	both := p.job(rooms, benchmark, members, 1, false)
	both.Processes = 2
	return []Job{p.job(rooms, benchmark, members, 1, false), p.job(rooms, benchmark, members, 2, false), both}
}

func (p Plan) job(folder, benchmark string, members, cores int, mutexes bool) Job {
	return Job{Package: folder, Benchmark: benchmark, Members: members, Cores: cores, Processes: 1, Mutexes: mutexes, benchtime: p.Lasts.String()}
}
