package report

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

// began is the start time of synthetic runs.
var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// aRun returns a sound run with the labels of the suite, with changes applied.
func aRun(entry, target string, repeat int, changes ...func(*bench.Result)) *bench.Result {
	r := &bench.Result{
		Scenario: entry, Target: target, Valid: true, StartedAt: began.Add(time.Duration(repeat) * time.Minute),
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

// sends gives a run latencies around ms, and figures of the server.
func sends(ms float64) func(*bench.Result) {
	return func(r *bench.Result) {
		h := latencies(ms)
		r.Sent, r.Delivered, r.Rate = 1000, 1_000_000, 1000*ms
		r.Delivery, r.Completion = h.Percentiles(), h.Percentiles()
		r.Histograms = &bench.Encoded{Delivery: h, Completion: h}
		r.Server = &observe.ServerUse{CPUPerDelivery: ms / 2, Cores: 0.8, RSSOpen: 20e6, RSSMax: 21e6}
		r.Generator = &bench.OwnUse{Bytes: 226_000_000}
	}
}

// latencies returns random latencies around ms, always the same for the same ms.
func latencies(ms float64) latency.Histogram {
	h, random := latency.NewHistogram(), rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		h.Record(int64(1000 * ms * math.Exp(0.7*random.NormFloat64())))
	}
	return h
}

// fails gives a run a failure and removes its latencies.
func fails(why string) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Failures = []string{why}
		r.Delivery, r.Completion, r.Histograms = nil, nil, nil
	}
}

// holdsBack makes a run held back, with this share of its messages.
func holdsBack(part float64) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Refused, r.HeldBack = 7, &bench.HeldBackFigures{Late: 5, ShareOfMessages: part, Seconds: 2, ShareOfTime: 0.4}
	}
}

func rejects(why string) func(*bench.Result) {
	return func(r *bench.Result) { r.Labels["rejected"] = why }
}

func isInvalid(r *bench.Result) { r.Valid, r.Reasons = false, []string{"the generator sent late"} }

func isCut(r *bench.Result) { r.Cut = true }

// overruns makes a run fail while the generator was overrun.
func overruns(r *bench.Result) {
	fails("7 deliveries lost")(r)
	r.Lost, r.Generator = 7, &bench.OwnUse{BusiestInterval: 1}
}

// labelled adds a label to a run.
func labelled(name, value string) func(*bench.Result) {
	return func(r *bench.Result) { r.Labels[name] = value }
}

// idles gives a run the figures of idle with these bytes per connection.
func idles(bytes float64) func(*bench.Result) {
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

func upgradesAt(perSecond float64) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Connect = &bench.ConnectFigures{
			Storm:  &bench.Upgrades{PerSecond: perSecond, CPUPerUpgrade: 40, Server: 0.8, Generator: 1.1},
			Steady: &bench.Upgrades{CPUPerUpgrade: 60, PerSecond: 2000, Ms: latencies(1).Percentiles()},
		}
	}
}

func holds(rate float64, by string) func(*bench.Result) {
	return func(r *bench.Result) {
		r.Saturate = &bench.SaturateFigures{Rate: rate, Deliveries: 1000 * rate, LimitedBy: by}
	}
}

func endsSlow(r *bench.Result) { r.Slow = &bench.SlowFigures{Members: 20, Ended: 19} }

// save appends the runs to their entries' files in the folder.
func save(t *testing.T, dir string, runs ...*bench.Result) {
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
			aRun(large, plenum, repeat, sends(2*ms)), aRun(large, again, repeat, sends(2*ms)),
			aRun(large, encrypted, repeat, sends(3*ms)), aRun(large, compressed, repeat, sends(2.5*ms), deflated),
			aRun("fan-large", encrypted, repeat, sends(1.5*ms)), aRun("fan-large", compressed, repeat, sends(ms)),
			aRun("idle", encrypted, repeat, idles(900*ms)), aRun("idle", compressed, repeat, idles(300*ms+40)),
			aRun(storming, plenum, repeat, upgradesAt(24_000)), aRun(storming, encrypted, repeat, upgradesAt(3000)),
		)
	}
	return append(runs, aRun(storming, compressed, 1, fails("3 upgrades of the storm failed")),
		aRun(storming, compressed, 2, upgradesAt(9000)), aRun("idle", encrypted, 3, rejects("busy")))
}

// aSuite returns a small set of results of all kinds.
func aSuite() (runs []*bench.Result) {
	for i, target := range []string{again, plenum, raw, bun, uws, "nbio", "gws", "gorilla", "coder", "centrifuge", ktor} {
		pace := 2 + 3*float64(i)
		for repeat := 1; repeat <= 3; repeat++ {
			ms := pace * (1 + 0.1*float64(repeat))
			for _, entry := range []string{"fan-large", "fan-hot-200", "rooms-small", "zipf"} {
				runs = append(runs, aRun(entry, target, repeat, sends(ms)))
			}
			runs = append(runs,
				aRun("idle", target, repeat, idles(300*ms)),
				aRun("connect", target, repeat, upgradesAt(25_000-300*ms)),
				aRun("saturate", target, repeat, sends(ms), holds(12_000/pace, "server")),
			)
		}
	}
	return append(append(runs, wireSuite()...),
		aRun("fan-hot-1000", plenum, 1, sends(18)),
		aRun("fan-hot-1000", plenum, 2, sends(17)),
		aRun("fan-hot-1000", plenum, 3, sends(99), rejects("other processes used 1.2 cores")),
		aRun("fan-hot-1000", plenum, 3, sends(19)),
		aRun("fan-hot-1000", bun, 1, sends(12)),
		aRun("fan-hot-1000", bun, 2, sends(500), fails("12 deliveries lost")),
		aRun("fan-hot-1000", raw, 1, sends(900), fails("7 connections ended by the server")),
		aRun("fan-hot-1000", raw, 2, sends(900), fails("8 connections ended by the server")),
		aRun("fan-hot-1000", "centrifuge", 1, sends(200), isInvalid),
		aRun("fan-hot-1000", "gws", 1, sends(3), isCut),
		aRun("slow", plenum, 1, sends(3), endsSlow),
		aRun("slow-none", plenum, 1, sends(2.8)),
	)
}

// oneLoopRuns returns runs of a client with one loop. Its order differs from that of aSuite in the
// large room only.
func oneLoopRuns() (runs []*bench.Result) {
	for i, target := range []string{again, plenum, bun} {
		for repeat := 1; repeat <= 3; repeat++ {
			ms := (5 + 20*float64(i/2)) * (1 + 0.01*float64(repeat))
			runs = append(runs, aRun("fan-large"+oneLoop, target, repeat, sends(30-ms)), aRun("idle"+oneLoop, target, repeat, idles(300*ms)))
		}
	}
	return runs
}
