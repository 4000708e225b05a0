package page

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/compare"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// runOf returns a sound run of a server whose latencies are around us microseconds.
func runOf(server string, us int64) *bench.Result {
	h := latency.NewHistogram()
	for i := range int64(1000) {
		h.Record(us + i*us/1000)
	}
	p := h.Percentiles()
	return &bench.Result{
		Scenario: "fan-hot", Target: server, Valid: true, Delivery: p, Completion: p, Rate: 1e6, Histograms: &bench.Encoded{Delivery: h, Completion: h},
		Server: &observe.ServerUse{CPUPerDelivery: float64(us) / 1000}, StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Options:     map[string]any{"rate": 1000, "url": "ws://127.0.0.1:1/{room}", "hello": nil},
		Environment: observe.Environment{CPU: "a processor", Cores: 2, MemoryBytes: 8e9, Go: "go1", Sysctls: map[string]string{"net.core.somaxconn": "4096"}},
	}
}

// side writes the runs to a file and reads them.
func side(t *testing.T, path string, runs ...*bench.Result) *compare.Side {
	t.Helper()
	var text bytes.Buffer
	for _, r := range runs {
		require.NoError(t, r.Write(&text))
	}
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
	s, err := compare.Read(path)
	require.NoError(t, err)
	s.Name = filepath.Base(path)
	return s
}

func written(t *testing.T, sides ...*compare.Side) string {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, Write(&text, sides))
	return text.String()
}

// sample has two servers with every part of a page.
func sample(t *testing.T) *compare.Side {
	var runs []*bench.Result
	for i := range int64(4) {
		runs = append(runs, runOf("quick", 1000+10*i), runOf("slow", 3000+10*i))
	}
	failed := runOf("slow", 1)
	failed.Failures, failed.Delivery, failed.Completion, failed.Histograms = []string{"5 deliveries lost"}, nil, nil, nil
	held := runOf("quick", 1)
	held.HeldBack = &bench.HeldBackFigures{Late: 1, ShareOfMessages: 0.1}
	invalid := runOf("quick", 1)
	invalid.Valid, invalid.Reasons = false, []string{"the generator sent late: p99 9.00 ms of a latency of p99 9.50 ms"}
	runs[0].Notes = []string{"other processes used 0.50 of 2 cores"}
	value := 1.5
	runs[0].FailIf = []bench.FailIf{{Condition: "p99>1ms", Value: &value, Held: true}, {Condition: "cores>1"}}
	search := runOf("quick", 1000)
	search.Scenario = "saturate"
	search.Saturate = &bench.SaturateFigures{Rate: 2000, Deliveries: 2e6, LimitedBy: "server", Steps: []bench.SaturateStep{{Rate: 2000, Sustained: true, P99: 3}, {Rate: 4000, Why: []string{"p99 200.0 ms"}}}}
	idle := &bench.Result{Scenario: "idle", Target: "quick", Valid: true, Idle: &bench.IdleFigures{Steps: []bench.IdleStep{{Connections: 2000, RSS: 9e6, BytesPerConnection: 900}}}}
	hour := runOf("quick", 1000)
	hour.Scenario = "hour"
	for i := range 5 {
		hour.Series = append(hour.Series, bench.SeriesRow{End: float64(60 + 60*i), Delivery: &latency.Percentiles{P99: 1 + float64(i)}, RSS: 20e6 + int64(i)*1e6})
	}
	staged := runOf("quick", 1000)
	staged.Scenario, staged.ScenarioFile = "zipf", &bench.ScenarioFile{Name: "load.yaml", Content: "stages: [10s:100, 10s:200]\nname: <x>\n"}
	for i := range 3 {
		staged.Stages = append(staged.Stages, bench.StageFigures{
			Start: float64(10 * i), Seconds: 10, From: float64(100 * i), To: float64(100 + 100*i),
			MessageStage: &bench.MessageStage{Rate: 1000, Delivery: &latency.Percentiles{P50: 1, P99: 2 + float64(i)}},
		})
	}
	upgraded := &bench.Result{Scenario: "connect", Target: "quick", Valid: true, Stages: []bench.StageFigures{
		{Seconds: 10, To: 2000, UpgradeStage: &bench.UpgradeStage{PerSecond: 999, Failed: 3, Late: 4, Ms: &latency.Percentiles{P50: 5, P99: 6}}},
	}}
	return side(t, filepath.Join(t.TempDir(), "sample.jsonl"), append(runs, failed, held, invalid, search, idle, hour, staged, upgraded)...)
}
