package report

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
)

// fileOf writes results to a file of any name, as plenum-bench run does.
func fileOf(t *testing.T, name string, results ...*bench.Result) (path string) {
	path = filepath.Join(t.TempDir(), name)
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	for _, r := range results {
		r.StartedAt = time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)
		require.NoError(t, r.Write(file))
	}
	return path
}

func TestTheRunsInAVisitorsFilesAreTables(t *testing.T) {
	options := func(rate int) map[string]any {
		return map[string]any{"rate": rate, "members": 50, "url": "ws://localhost/", "name": "mine", "duration": "10s"}
	}
	quick := &bench.Result{
		Scenario: "fan-hot", Target: "my|server", Options: options(100), Connections: 50, Sent: 1000, Delivered: 50_000, Rate: 5000, Valid: true,
		Delivery: &latency.Percentiles{P50: 0.25, P99: 1.5, Max: 12}, Completion: &latency.Percentiles{P99: 2}, Server: &observe.ServerUse{CPUPerDelivery: 0.5},
	}
	lost := &bench.Result{
		Scenario: "fan-hot", Target: "other", Options: options(200), Connections: 50, Sent: 2000, Delivered: 99_999, Rate: 10_000, Valid: true,
		Flaws: sequence.Flaws{Lost: 1}, Failures: []string{"1 deliveries lost"},
	}
	idle := &bench.Result{
		Scenario: "idle", Target: "other", Cut: true, Valid: true,
		Idle: &bench.IdleFigures{Slope: 900, Steps: []bench.IdleStep{{Connections: 10, BytesPerConnection: 1234}}},
	}
	text, err := Files([]string{fileOf(t, "mine.jsonl", quick), fileOf(t, "results.txt", lost, idle)})
	require.NoError(t, err)
	assert.Equal(t, `## fan-hot

| server | started, UTC | verdict | options that differ | connections | messages sent | p50, ms | p99, ms | max, ms | completion.p99, ms | rate, /s | lost | cpu_per_delivery, µs |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| my\|server | 2026-11-30 02:00:00 | sound | rate=100 | 50 | 1000 | 0.250 | 1.50 | 12.0 | 2.00 | 5,000 | 0 | 0.500 |
| other | 2026-11-30 02:00:00 | FAILED: 1 deliveries lost | rate=200 | 50 | 2000 | – | – | – | – | 10,000 | 1 | – |

## idle

| server | started, UTC | verdict | memory_per_connection, B |
| --- | ---: | ---: | ---: |
| other | 2026-11-30 02:00:00 | interrupted | 1,230 |
`, text)
}

func TestAFileWithoutResultsIsAnError(t *testing.T) {
	empty := fileOf(t, "empty.jsonl")
	_, err := Files([]string{empty})
	assert.EqualError(t, err, "report: no results in "+empty)
	_, err = Files([]string{filepath.Join(t.TempDir(), "absent")})
	assert.ErrorContains(t, err, "no such file or directory")
	foreign := filepath.Join(t.TempDir(), "package.json")
	require.NoError(t, os.WriteFile(foreign, []byte(`{"name":"x"}`), 0o600))
	_, err = Files([]string{foreign})
	assert.EqualError(t, err, "report: "+foreign+": result 1: no scenario: it was not written by plenum-bench run")
}

func TestTheTableOfAFileSaysWhyARunDoesNotCount(t *testing.T) {
	rejected := &bench.Result{Scenario: "echo", Target: "a", Valid: true, Labels: map[string]string{"rejected": "other processes used 1.00 cores"}}
	held := &bench.Result{Scenario: "echo", Target: "b", Valid: true, FailIf: []bench.FailIf{{Condition: "p99>1ms", Held: true}}}
	cut := &bench.Result{Scenario: "echo", Target: "c"}
	text, err := Files([]string{fileOf(t, "runs.jsonl", rejected, held, cut)})
	require.NoError(t, err)
	for _, want := range []string{"| rejected by the suite: other processes used 1.00 cores |", "| FAILED: p99>1ms |", "| INVALID |"} {
		assert.Contains(t, text, want)
	}
}
