package scale

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/observe"
)

// Each job finds its benchmark in the tests of its package, and gives the values that the report needs.
func TestASmallSuiteMeasuresEverything(t *testing.T) {
	p := Plan{Members: 2000, Large: 3000, Repeats: 1, Lasts: time.Millisecond}
	r, err := Measure(t.Context(), "../..", p, io.Discard)
	require.NoError(t, err)
	units := map[string][]string{
		Throughput(Shapes[0], Null): {"ns/op", "ns/delivery", "cpu-ns/delivery", "ns/publish", "ns/join", "ns/leave", "B/member"},
		Lock:                        {"ns/longest-hold", "ns/publish-hold", "ns/hold-p50", "ns/hold-p99", "ns/hold-p99.9", "ns/hold-max", "ns/hold-max-elapsed"},
		Table:                       {"ns/longest-hold"}, Wheel: {"ns/longest-hold"}, List: {"ns/op"},
	}
	for _, shape := range Shapes {
		for _, sink := range []string{Null, Spins} {
			units[Throughput(shape, sink)] = units[Throughput(Shapes[0], Null)]
		}
	}
	measured := map[string]bool{}
	for _, run := range r.Runs {
		measured[run.Benchmark] = true
		for _, unit := range units[run.Benchmark] {
			assert.Contains(t, run.Values, unit, "%v", run.Job)
		}
		assert.Equal(t, run.Mutexes, hasMutexes(run), "%v", run.Job)
		assert.Positive(t, run.PeakBytes)
	}
	for name := range units {
		assert.True(t, measured[name], name)
	}
	both := slices.DeleteFunc(slices.Clone(r.Runs), func(r Run) bool { return r.Processes == 1 })
	assert.Len(t, both, 2*3*3, "two of each shape: null, spins and large")

	path := filepath.Join(t.TempDir(), "scale", "results.jsonl")
	require.NoError(t, r.Write(path))
	again, err := Read(path)
	require.NoError(t, err)
	for i := range r.Runs {
		r.Runs[i].benchtime = "" // it is not kept
	}
	assert.Equal(t, r, again)
}

func hasMutexes(r Run) bool { _, has := r.Values["wait%"]; return has }

func TestTwoProcessesMeasureAtTheSameTime(t *testing.T) {
	j := Job{Processes: 2}
	dir := t.TempDir()
	// Each process waits for the other one's file: after "go" to both, and before it says that it has measured.
	script := `#!/bin/sh
echo ready >&2; read line || exit 1
touch ` + dir + `/$$
while [ $(ls ` + dir + ` | wc -l) -lt 3 ]; do sleep 0.01; done
echo measured >&2; read line && exit 1
echo "BenchmarkX 1 5 ns/op"; echo PASS
`
	path := filepath.Join(dir, "script")
	require.NoError(t, writeProgram(path, script))
	runs, err := j.run(t.Context(), path)
	require.NoError(t, err)
	require.Len(t, runs, 2)
	assert.Equal(t, map[string]float64{"ns/op": 5}, runs[1].Values)
	assert.Equal(t, 1, runs[1].Process)
}

func TestAFailedProcessEndsTheOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "script")
	require.NoError(t, writeProgram(path, "#!/bin/sh\nmkdir "+path+".first 2>/dev/null && { echo ready >&2; exec sleep 100; }\necho a failure; exit 1\n"))
	_, err := Job{Processes: 2}.run(t.Context(), path)
	assert.ErrorContains(t, err, `want "ready\n" from the process, got ""`)
	assert.ErrorContains(t, err, "a failure")
}

func TestASuiteCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Measure(ctx, "../..", Plan{Members: 1000, Repeats: 1}, io.Discard)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestASmallMachineIsRefused(t *testing.T) {
	assert.NoError(t, Full.fits(2, Full.Memory))
	assert.EqualError(t, Full.fits(1, 1<<40), "two processors are needed to compare one with two")
	assert.EqualError(t, Full.fits(2, 3<<30), "3.0 GiB of memory are available, and 8.0 GiB are needed; the short suite needs 1.0 GiB")
	assert.Greater(t, availableMemory(), uint64(1<<20))
	assert.Less(t, availableMemory(), observe.ReadEnvironment().MemoryBytes)
}

func TestOutputOfABenchmark(t *testing.T) {
	v, err := parse("goos: linux\nBenchmarkA/b/cores=1-2 \t 3\t 2.5 ns/op\t 0.1 wait%:rooms.(*Room).publish\nPASS\n")
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"ns/op": 2.5, "wait%:rooms.(*Room).publish": 0.1}, v)
	for _, bad := range []string{
		"", "PASS\n", "BenchmarkA 1 2 ns/op\n--- FAIL\n", "BenchmarkA 1 2 ns/op\nBenchmarkB 1 2 ns/op\nPASS\n", "BenchmarkA 1 x ns/op\nPASS\n",
	} {
		_, err := parse(bad)
		assert.Error(t, err, bad)
	}
	assert.Equal(t, `^BenchmarkScale$/^one-room$/^null$/^cores=2$`, Job{Benchmark: Throughput("one-room", Null), Cores: 2}.pattern())
}

func writeProgram(path, text string) error { return os.WriteFile(path, []byte(text), 0o755) }
