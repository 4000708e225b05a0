package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/suite"
)

func TestTheSuitesFlagsHaveDefaultsAndReadTheEnvironment(t *testing.T) {
	env := environ{"PLENUM_BENCH_REPEATS": "7", "PLENUM_BENCH_DURATION": "1s"}
	c, err := parsed(t, env, "suite", "--only=idle,echo", "--targets", "raw,bun")
	require.NoError(t, err)
	assert.Equal(t, "suite", c.name)
	assert.Equal(t, &suiteFlags{
		Out: "bench/results", Peers: "bench/peers", Server: "bin/plenum", Only: []string{"idle", "echo"},
		Targets: []string{"raw", "bun"}, Repeats: 7, Duration: bench.Duration(time.Second), Retries: 2, Busy: 0.2,
	}, c.suite)
	entries, err := c.suite.entries()
	require.NoError(t, err)
	require.Len(t, entries, 2)
	assert.Equal(t, "plenum-bench run echo --warmup 1s --duration 1s", entries[0].Command())
}

func TestTheSuitesWrongUsageIsReportedInOneLine(t *testing.T) {
	for want, arg := range map[string]string{
		`--repeats: must be 0 or more, got -1`:                "--repeats=-1",
		`--for: must be 0s or more, got -1s`:                  "--for=-1s",
		`--duration: must be 0s or more, got -1s`:             "--duration=-1s",
		`--retries: must be 0 or more, got -1`:                "--retries=-1",
		`--busy: must be more than 0, got 0`:                  "--busy=0",
		`--only: unknown name "fan"; --list prints the names`: "--only=fan",
	} {
		_, err := parsed(t, nil, "suite", arg)
		var usage *usageError
		require.ErrorAs(t, err, &usage)
		assert.Equal(t, want, usage.Error())
	}
	_, _, err := ran(t, "suite", "--list", "--peers=../../bench/peers", "--targets=sun")
	assert.EqualError(t, err, `--targets: unknown name "sun"; --list prints the names`)
	assert.Equal(t, statusUsage, exitStatus(err))
	_, _, err = ran(t, "suite", "--list", "--peers=nowhere")
	assert.ErrorContains(t, err, "--peers: open ")
	assert.Equal(t, statusFailed, exitStatus(err))
}

func TestEveryPublishedEntryIsAScenario(t *testing.T) {
	t.Setenv("PLENUM_BENCH_RATE", "1") // must have no effect
	for _, e := range suite.Published() {
		args, of := strings.CutPrefix(e.Command(), "plenum-bench run ")
		require.True(t, of, e.ID)
		s, err := scenarioOf(strings.Fields(args))
		require.NoError(t, err, e.ID)
		require.NotNil(t, s, e.ID)
		if e.LadderRate > 0 {
			assert.Equal(t, float64(e.LadderRate), s.(*bench.Fan).Rate)
		}
	}
}

func TestAnEntryMayHaveStages(t *testing.T) {
	e := suite.Entry{Scenario: "fan-hot", Flags: []string{"--stage", "10s:1000,20s:1000"}}
	assert.Equal(t, "plenum-bench run fan-hot --stage 10s:1000,20s:1000", e.Lasting(time.Second).Command())
	s, err := scenarioOf(strings.Fields(e.Command())[2:])
	require.NoError(t, err)
	assert.Len(t, s.(*bench.Fan).Stage, 2)
}

func TestEveryPublishedCompletionP99IsOf100MessagesOrMore(t *testing.T) {
	t.Parallel()
	for _, e := range suite.Published() {
		s, err := scenarioOf(strings.Fields(e.Command())[2:])
		require.NoError(t, err, e.ID)
		if fan, ok := s.(*bench.Fan); ok {
			assert.GreaterOrEqual(t, float64(fan.Rooms)*fan.Rate*e.Duration.Seconds(), 100.0, e.ID)
		}
	}
}

// manifest returns a folder with a peers.json.
func manifest(t *testing.T, peers ...suite.Target) string {
	folder := t.TempDir()
	text, err := json.Marshal(peers)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "peers.json"), text, 0o644))
	return folder
}

func TestTheSuiteIsListed(t *testing.T) {
	peers := manifest(t, suite.Target{Name: "here", Version: "v1"},
		suite.Target{Name: "gone", Tools: []string{"no-such-tool"}})
	stdout, stderr, err := ran(t, "suite", "--list", "--peers", peers)
	require.NoError(t, err)
	assert.Empty(t, stderr)
	golden(t, "suite_list.txt", []byte(stdout))
}

func TestASuiteNeedsItsServerBeforeThePeersAreBuilt(t *testing.T) {
	peers := manifest(t, suite.Target{Name: "here", Version: "v1"})
	_, stderr, err := ran(t, "suite", "--peers", peers, "--out", t.TempDir(), "--server=nowhere/plenum")
	assert.EqualError(t, err, "--server or --peers: open nowhere/plenum: no such file or directory")
	assert.Equal(t, statusFailed, exitStatus(err))
	assert.Empty(t, stderr, "nothing was built")
}

// It is not parallel, because it parses all entries within the time limit of ran.
func TestASkippedPeerIsNamed(t *testing.T) {
	peers := manifest(t, suite.Target{Name: "gone", Tools: []string{"no-such-tool"}})
	out := t.TempDir()
	_, stderr, err := ran(t, "suite", "--peers", peers, "--out", out, "--server", os.Args[0], "--targets=gone")
	require.NoError(t, err)
	assert.Equal(t, "plenum-bench: gone is skipped: no no-such-tool on PATH\n", stderr)
}

func TestTheClustersAreListed(t *testing.T) {
	program := filepath.Join(t.TempDir(), "nats-server")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\necho nats-server: v9\n"), 0o755))
	env := environ{"NATS_SERVER": program}
	var stdout bytes.Buffer
	err := run(t.Context(), []string{"suite", "--cluster", "--list"}, env.lookup, strings.NewReader(""), &stdout, io.Discard)
	require.NoError(t, err)
	golden(t, "suite_cluster.txt", stdout.Bytes())
	env["NATS_SERVER"] = "nowhere/nats-server"
	err = run(t.Context(), []string{"suite", "--cluster", "--list"}, env.lookup, strings.NewReader(""), &stdout, io.Discard)
	assert.ErrorContains(t, err, "--cluster: nowhere/nats-server: ")
	_, err = parsed(t, nil, "suite", "--cluster", "--only=zipf")
	assert.EqualError(t, err, `--only: unknown name "zipf"; --list prints the names`)
}

func TestEveryEntryOfClustersIsAScenario(t *testing.T) {
	t.Parallel()
	for _, e := range suite.Clustered() {
		_, err := scenarioOf(strings.Fields(strings.ReplaceAll(e.Command(), "{nodes}", "4"))[2:])
		require.NoError(t, err, e.ID)
	}
}

func TestResultsOfClustersAreInAFolderOfTheirOwn(t *testing.T) {
	assert.Equal(t, "a", (&suiteFlags{Out: "a"}).out())
	assert.Equal(t, filepath.Join("a", "cluster"), (&suiteFlags{Out: "a", Cluster: true}).out())
}

func TestAClusterNeedsANATSServer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, _, err := (&suiteFlags{Cluster: true}).broker(t.Context(), environ{}.lookup)
	assert.ErrorContains(t, err, "no NATS server: NATS_SERVER is not set, nats-server is not on the PATH, and go build github.com/nats-io/nats-server/v2 failed")
	program, remove, err := (&suiteFlags{}).broker(t.Context(), environ{}.lookup)
	require.NoError(t, err)
	remove()
	assert.Empty(t, program)
}
