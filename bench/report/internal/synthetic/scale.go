package synthetic

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/bench/observe"
	"plenum/bench/scale"
)

const million = 1_000_000

// Scale returns results of make scale that meet all goals, with changes applied.
func Scale(changes ...func(*scale.Run)) *scale.Results {
	r := &scale.Results{Suite: scale.Suite{
		StartedAt: Began, Seconds: 1200, Environment: observe.Environment{CPU: "Test CPU", Cores: 2, MemoryBytes: 8e9, Commit: "abc123"},
	}}
	add := func(benchmark string, members, cores, processes int, mutexes bool, values map[string]float64) {
		for n := range processes {
			r.Runs = append(r.Runs, scale.Run{Process: n, OtherCores: 0.05, Values: values, Job: scale.Job{
				Benchmark: benchmark, Members: members, Cores: cores, Processes: processes, Mutexes: mutexes,
			}})
		}
	}
	for _, shape := range scale.Shapes {
		for repeat := range 2 {
			ns := 100 + 10*float64(repeat)
			for _, sink := range []string{scale.Null, scale.Spins} {
				of := func(ns float64) map[string]float64 {
					return map[string]float64{"ns/delivery": ns, "cpu-ns/delivery": 98, "ns/publish": 3000, "ns/join": 300, "ns/leave": 200, "B/member": 60}
				}
				add(scale.Throughput(shape, sink), million, 1, 1, false, of(ns))
				add(scale.Throughput(shape, sink), million, 2, 1, false, of(ns/1.9))
				add(scale.Throughput(shape, sink), million, 1, 2, false, of(ns*1.05))
			}
		}
		add(scale.Throughput(shape, scale.Null), million, 2, 1, true, map[string]float64{
			"ns/delivery": 900, "wait%": 1.75, "wait%:plenum/rooms.(*Room).publish": 0.25, "wait%:plenum/rooms.(*segment).endFlush": 1.5,
		})
	}
	add(scale.Lock, million, 2, 1, false, map[string]float64{
		"ns/longest-hold": 4000, "ns/publish-hold": 2000, "ns/hold-p50": 900, "ns/hold-p99": 1800, "ns/hold-p99.9": 2500, "ns/hold-max": 60_000, "ns/hold-max-elapsed": 1_000_000,
	})
	add(scale.Table, million, 0, 1, false, map[string]float64{"ns/longest-hold": 5000})
	add(scale.Wheel, 10*million, 0, 1, false, map[string]float64{"ns/longest-hold": 900_000})
	add(scale.List, million, 0, 1, false, map[string]float64{"ns/op": 70_000})
	for i := range r.Runs {
		for _, change := range changes {
			change(&r.Runs[i])
		}
	}
	return r
}

// Slower makes a value of a benchmark 100 times as large, except with one core in two processes.
func Slower(benchmark, unit string) func(*scale.Run) {
	return func(r *scale.Run) {
		v, has := r.Values[unit]
		if !has || r.Benchmark != benchmark || r.Processes == 2 {
			return
		}
		values := map[string]float64{}
		for u, v := range r.Values {
			values[u] = v
		}
		values[unit] = 100 * v
		r.Values = values
	}
}

// ScaleFolder returns a folder of results with those of make scale.
func ScaleFolder(t *testing.T, r *scale.Results) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, scale.File)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, r.Write(path))
	return dir
}
