package synthetic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// Began is the start time of synthetic runs.
var Began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Run returns a sound run with the labels of the suite, with changes applied.
func Run(entry, target string, repeat int, changes ...func(*bench.Result)) *bench.Result {
	r := &bench.Result{
		Scenario: entry, Target: target, Valid: true, StartedAt: Began.Add(time.Duration(repeat) * time.Minute),
		Labels: map[string]string{
			"entry": entry, "repeat": fmt.Sprint(repeat), "attempt": "1", "build": "b1",
			"command": "plenum-bench run " + entry + " --name " + target,
		},
		Options:  map[string]any{"rate": 5},
		Failures: []string{}, Reasons: []string{}, Notes: []string{},
		Environment: observe.Environment{
			CPU: "Test CPU", Cores: 2, MemoryBytes: 8e9, Kernel: "6.1", Go: "go1.26", GOMAXPROCS: 3,
			Descriptors: 20000, Sysctls: map[string]string{"net.core.somaxconn": "4096", "fs.nr_open": "1048576"}, Commit: "abc123",
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

// Sends gives a run latencies around ms, and figures of the server.
func Sends(ms float64) func(*bench.Result) {
	return func(r *bench.Result) {
		h := Latencies(ms)
		r.Sent, r.Delivered, r.Rate = 1000, 1_000_000, 1000*ms
		r.Delivery, r.Completion = h.Percentiles(), h.Percentiles()
		r.Histograms = &bench.Encoded{Delivery: h, Completion: h}
		r.Server = &observe.ServerUse{CPUPerDelivery: ms / 2, Cores: 0.8, RSSOpen: 20e6, RSSMax: 21e6}
		r.Generator = &bench.OwnUse{Bytes: 226_000_000}
	}
}

// Latencies returns random latencies around ms, always the same for the same ms.
func Latencies(ms float64) latency.Histogram {
	h, random := latency.NewHistogram(), rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		h.Record(int64(1000 * ms * math.Exp(0.7*random.NormFloat64())))
	}
	return h
}

// Fails gives a run a failure and removes its latencies.
func Fails(why string) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Failures = []string{why}
		r.Delivery, r.Completion, r.Histograms = nil, nil, nil
	}
}

// HoldsBack makes a run held back, with this share of its messages.
func HoldsBack(part float64) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Refused, r.HeldBack = 7, &bench.HeldBackFigures{Late: 5, ShareOfMessages: part, Seconds: 2, ShareOfTime: 0.4}
	}
}

func Rejects(why string) func(*bench.Result) {
	return func(r *bench.Result) { r.Labels["rejected"] = why }
}

func Invalid(r *bench.Result) { r.Valid, r.Reasons = false, []string{"the generator sent late"} }

func Cut(r *bench.Result) { r.Cut = true }

// Overruns makes a run fail while the generator was overrun.
func Overruns(r *bench.Result) {
	Fails("7 deliveries lost")(r)
	r.Lost, r.Generator = 7, &bench.OwnUse{BusiestInterval: 1}
}

// Labelled adds a label to a run.
func Labelled(name, value string) func(*bench.Result) {
	return func(r *bench.Result) { r.Labels[name] = value }
}

// Idles gives a run the figures of idle with these bytes per connection.
func Idles(bytes float64) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Idle = &bench.IdleFigures{Slope: bytes}
		for _, n := range []int{2000, 8000, 19000} {
			r.Idle.Steps = append(r.Idle.Steps, bench.IdleStep{
				Connections: n, RSS: 15e6 + int64(bytes*float64(n)), BytesPerConnection: bytes,
				CPUPerConnection: 0.5, Pings: uint64(n), CPUPerPing: 7.5,
			})
		}
	}
}

func UpgradesAt(perSecond float64) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Connect = &bench.ConnectFigures{
			Storm:  &bench.Upgrades{PerSecond: perSecond, CPUPerUpgrade: 40, Server: 0.8, Generator: 1.1},
			Steady: &bench.Upgrades{CPUPerUpgrade: 60, PerSecond: 2000, Ms: Latencies(1).Percentiles()},
		}
	}
}

func Holds(rate float64, by string) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Saturate = &bench.SaturateFigures{Rate: rate, Deliveries: 1000 * rate, LimitedBy: by}
	}
}

func endsSlow(r *bench.Result) { r.Slow = &bench.SlowFigures{Members: 20, Ended: 19} }

// Save appends the runs to their entries' files in the folder.
func Save(t *testing.T, dir string, runs ...*bench.Result) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, r := range runs {
		path := filepath.Join(dir, r.Labels["entry"]+".jsonl")
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		require.NoError(t, err)
		require.NoError(t, r.Write(file))
		require.NoError(t, file.Close())
	}
}

// wireSuite returns runs of the variants with TLS and compression.
func wireSuite() (runs []*bench.Result) {
	deflated := func(r *bench.Result) { r.Generator.Bytes = 123_000_000 }
	for repeat := 1; repeat <= 3; repeat++ {
		ms := 5 * (1 + 0.1*float64(repeat)) // plenum's of aSuite
		runs = append(runs,
			Run("fan-large-1k", "plenum", repeat, Sends(2*ms)), Run("fan-large-1k", "plenum-again", repeat, Sends(2*ms)),
			Run("fan-large-1k", "plenum-tls", repeat, Sends(3*ms)), Run("fan-large-1k", "plenum-compressed", repeat, Sends(2.5*ms), deflated),
			Run("fan-large", "plenum-tls", repeat, Sends(1.5*ms)), Run("fan-large", "plenum-compressed", repeat, Sends(ms)),
			Run("idle", "plenum-tls", repeat, Idles(900*ms)), Run("idle", "plenum-compressed", repeat, Idles(300*ms+40)),
			Run("connect-storm", "plenum", repeat, UpgradesAt(24_000)), Run("connect-storm", "plenum-tls", repeat, UpgradesAt(3000)),
		)
	}
	return append(runs, Run("connect-storm", "plenum-compressed", 1, Fails("3 upgrades of the storm failed")),
		Run("connect-storm", "plenum-compressed", 2, UpgradesAt(9000)), Run("idle", "plenum-tls", 3, Rejects("busy")))
}

// Suite returns a small set of results of all kinds.
func Suite() (runs []*bench.Result) {
	for i, target := range []string{"plenum-again", "plenum", "raw", "bun", "uws", "nbio", "gws", "gorilla", "coder", "centrifuge", "ktor"} {
		pace := 2 + 3*float64(i)
		for repeat := 1; repeat <= 3; repeat++ {
			ms := pace * (1 + 0.1*float64(repeat))
			for _, entry := range []string{"fan-large", "fan-hot-200", "rooms-small", "zipf"} {
				runs = append(runs, Run(entry, target, repeat, Sends(ms)))
			}
			runs = append(runs,
				Run("idle", target, repeat, Idles(300*ms)),
				Run("connect", target, repeat, UpgradesAt(25_000-300*ms)),
				Run("saturate", target, repeat, Sends(ms), Holds(12_000/pace, "server")),
			)
		}
	}
	return append(append(runs, wireSuite()...),
		Run("fan-hot-1000", "plenum", 1, Sends(18)),
		Run("fan-hot-1000", "plenum", 2, Sends(17)),
		Run("fan-hot-1000", "plenum", 3, Sends(99), Rejects("other processes used 1.2 cores")),
		Run("fan-hot-1000", "plenum", 3, Sends(19)),
		Run("fan-hot-1000", "bun", 1, Sends(12)),
		Run("fan-hot-1000", "bun", 2, Sends(500), Fails("12 deliveries lost")),
		Run("fan-hot-1000", "raw", 1, Sends(900), Fails("7 connections ended by the server")),
		Run("fan-hot-1000", "raw", 2, Sends(900), Fails("8 connections ended by the server")),
		Run("fan-hot-1000", "centrifuge", 1, Sends(200), Invalid),
		Run("fan-hot-1000", "gws", 1, Sends(3), Cut),
		Run("slow", "plenum", 1, Sends(3), endsSlow),
		Run("slow-none", "plenum", 1, Sends(2.8)),
	)
}

// OneLoopRuns returns runs of a client with one loop. Its order differs from that of aSuite in the
// large room only.
func OneLoopRuns() (runs []*bench.Result) {
	for i, target := range []string{"plenum-again", "plenum", "bun"} {
		for repeat := 1; repeat <= 3; repeat++ {
			ms := (5 + 20*float64(i/2)) * (1 + 0.01*float64(repeat))
			runs = append(runs, Run("fan-large-loops1", target, repeat, Sends(30-ms)), Run("idle-loops1", target, repeat, Idles(300*ms)))
		}
	}
	return runs
}

// Folder returns a folder with the results of these runs.
func Folder(t *testing.T, runs ...*bench.Result) string {
	t.Helper()
	dir := t.TempDir()
	Save(t, dir, runs...)
	return dir
}
