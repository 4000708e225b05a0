package suite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/sequence"
)

// echoing is a short entry with the echo route.
var echoing = Entry{ID: "echo", Scenario: "echo", Duration: 200 * time.Millisecond, Echo: true}

func server(name string) Target {
	return Target{Name: name, Run: []string{os.Args[0]}, URL: "ws://{host}/{room}", Echo: "ws://{host}/echo"}
}

// small returns a scenario with three connections. It uses only the arguments about the
// target.
func small(args []string) (bench.Scenario, error) {
	fan := &bench.Fan{Title: args[0], Rooms: 3, Members: 1, Senders: 1, Rate: 20}
	fan.Payload, fan.Loops, fan.Dialers = 64, 1, 2
	fan.Duration, fan.Drain = bench.Duration(200*time.Millisecond), bench.Duration(time.Second)
	fan.URL, fan.Name = cmp.Or(flag(args, "--url="), "ws://127.0.0.1:1/"), flag(args, "--name=")
	fan.TLSCA, fan.Compression = flag(args, "--tls-ca="), slices.Contains(args, "--compression")
	fan.Broker = flag(args, "--broker=")
	return fan, fan.Validate()
}

// flag returns the rest of the argument with the prefix, or "".
func flag(args []string, prefix string) string {
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, prefix); ok {
			return value
		}
	}
	return ""
}

func smallSuite(t *testing.T) (*Suite, *bytes.Buffer) {
	t.Setenv(serveEnv, "1")
	log := &bytes.Buffer{}
	return &Suite{
		Out: t.TempDir(), Entries: []Entry{echoing}, Targets: []Target{server("one"), server("two")},
		Set: "a", Repeats: 2, Busy: 100, Scenario: small, Driver: &drive.Driver{}, Log: log,
	}, log
}

func results(t *testing.T, s *Suite, entry string) (lines []line) {
	text, err := os.ReadFile(filepath.Join(s.Out, entry+".jsonl"))
	require.NoError(t, err)
	for one := range bytes.Lines(text) {
		var l line
		require.NoError(t, json.Unmarshal(one, &l))
		lines = append(lines, l)
	}
	return lines
}

// measure runs a suite. If the machine is busy, the generator may be late, and a run may have no result.
func measure(t *testing.T, s *Suite) {
	t.Helper()
	if err := s.Run(t.Context()); err != nil {
		require.ErrorContains(t, err, "because all attempts were rejected")
		require.NotContains(t, err.Error(), "could not be made")
	}
}

func TestASuiteMeasuresEachTargetInTurnAndContinuesWhenStartedAgain(t *testing.T) {
	s, log := smallSuite(t)
	s.Skipped = []Skipped{{"ktor", "no mvn on PATH"}}
	s.Targets[0].Commit = "abc"
	measure(t, s)
	lines := results(t, s, "echo")
	require.Len(t, lines, 4)
	for i, name := range []string{"one", "two", "two", "one"} {
		labels := lines[i].Labels
		assert.Equal(t, name, lines[i].Target)
		assert.Equal(t, "echo", labels["entry"])
		assert.Equal(t, []string{"1", "1", "2", "2"}[i], labels["repeat"])
		assert.Equal(t, "1", labels["attempt"])
		assert.Equal(t, "plenum-bench run echo --duration 200ms", labels["command"])
		assert.Equal(t, "a", labels["set"])
		assert.Regexp(t, "^[0-9a-f]{12}$", labels["build"])
		assert.Equal(t, map[string]string{"one": "abc"}[name], labels["commit"])
	}
	assert.Contains(t, log.String(), "[2/4] echo two, repeat 1: ")
	assert.Contains(t, log.String(), "about 0s left")
	skipped, err := os.ReadFile(filepath.Join(s.Out, "skipped.json"))
	require.NoError(t, err)
	assert.JSONEq(t, `[{"name":"ktor","why":"no mvn on PATH"}]`, string(skipped))

	s.Repeats = 3
	measure(t, s)
	assert.GreaterOrEqual(t, len(results(t, s, "echo")), 6, "an INVALID run is repeated")
	log.Reset()
	countAll(t, s)
	require.NoError(t, s.Run(t.Context()))
	assert.Empty(t, log.String(), "nothing is left to do")
}

func TestTheServerIsMeasuredWithTLSAndWithCompression(t *testing.T) {
	s, log := smallSuite(t)
	t.Setenv("TMPDIR", t.TempDir())
	s.Targets = []Target{server("plenum").withTLS(), server("plenum").withCompression()}
	s.Repeats, s.Entries[0].Variants = 1, true
	measure(t, s)
	var names []string
	for _, l := range results(t, s, "echo") {
		assert.Empty(t, l.Failures)
		names = append(names, l.Target)
	}
	assert.Subset(t, names, []string{"plenum-tls", "plenum-compressed"}, log)
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, left, "the certificate is removed")

	s.Targets[0].Flags, s.Targets[1].Run = nil, s.Targets[1].Run[:1]
	s.Set = "b"
	err = s.Run(t.Context())
	assert.ErrorContains(t, err, "certificate signed by unknown authority", "TLS was used")
	assert.ErrorContains(t, err, "server did not accept permessage-deflate", "compression was used")
}

// countAll makes all runs in the file count. On a busy machine the generator may be late, so
// some may be rejected.
func countAll(t *testing.T, s *Suite) {
	path := filepath.Join(s.Out, "echo.jsonl")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text = bytes.ReplaceAll(text, []byte(`"`+labelRejected+`":`), []byte(`"was":`))
	require.NoError(t, os.WriteFile(path, text, 0o644))
}

func TestARunThatCannotBeMadeIsReportedAtTheEnd(t *testing.T) {
	s, log := smallSuite(t)
	s.Targets[0].Run = []string{"/bin/echo", "no", "room"}
	s.Repeats, s.Retries = 1, 1
	err := s.Run(t.Context())
	assert.ErrorContains(t, err, "1 runs could not be made: echo one, repeat 1: ")
	assert.ErrorContains(t, err, `/bin/echo printed no ready line; its output: "no room\n"`)
	assert.Equal(t, 2, strings.Count(log.String(), "printed no ready line"))
	assert.Equal(t, "two", results(t, s, "echo")[0].Target, "the other target is measured")
}

// scripted is a scenario that returns the result of a function.
type scripted func(ctx context.Context) *bench.Result

func (scripted) Validate() error { return nil }

func (do scripted) Run(ctx context.Context, _ *drive.Driver) (*bench.Result, error) {
	return do(ctx), nil
}

func TestAnInterruptStopsTheServerAndWritesNoCutRun(t *testing.T) {
	s, _ := smallSuite(t)
	interrupted := errors.New("interrupted")
	ctx, interrupt := context.WithCancelCause(t.Context())
	var pid string
	s.Scenario = func(args []string) (bench.Scenario, error) {
		pid = flag(args, "--pid=")
		return scripted(func(context.Context) *bench.Result {
			assert.DirExists(t, "/proc/"+pid)
			interrupt(interrupted)
			return &bench.Result{Valid: true, Cut: true}
		}), nil
	}
	require.ErrorIs(t, s.Run(ctx), interrupted)
	assert.NoDirExists(t, "/proc/"+pid)
	assert.NoFileExists(t, filepath.Join(s.Out, "echo.jsonl"))
}

// scriptedSuite is a suite with one run of one target and up to three attempts. result returns
// the result of each attempt, numbered from 1.
func scriptedSuite(t *testing.T, result func(attempt int) *bench.Result) (*Suite, *bytes.Buffer) {
	s, log := smallSuite(t)
	s.Targets, s.Repeats, s.Retries = s.Targets[:1], 1, 2
	runs := 0
	s.Scenario = func([]string) (bench.Scenario, error) {
		return scripted(func(context.Context) *bench.Result {
			runs++
			r := result(runs)
			r.Target = "one"
			return r
		}), nil
	}
	return s, log
}

func TestARejectedRunIsRepeatedAndStaysInTheFile(t *testing.T) {
	s, log := scriptedSuite(t, func(attempt int) *bench.Result {
		return &bench.Result{Valid: attempt == 3, Reasons: []string{"late"}}
	})
	require.NoError(t, s.Run(t.Context()))
	lines := results(t, s, "echo")
	require.Len(t, lines, 3)
	for i, why := range []string{"INVALID: late", "INVALID: late", ""} {
		assert.Equal(t, why, lines[i].Labels["rejected"])
		assert.Equal(t, strconv.Itoa(i+1), lines[i].Labels["attempt"])
	}
	assert.Contains(t, log.String(), "rejected: INVALID: late")
}

func TestARunWhoseAttemptsAreAllRejectedIsReportedAtTheEnd(t *testing.T) {
	valid := false
	s, _ := scriptedSuite(t, func(int) *bench.Result { return &bench.Result{Valid: valid, Reasons: []string{"late"}} })
	s.Targets = []Target{server("one"), {Name: "broken", Run: []string{"/bin/echo", "no"}, Echo: "ws://{host}/"}}
	err := s.Run(t.Context())
	assert.ErrorContains(t, err, "1 runs could not be made: echo broken, repeat 1: ")
	assert.ErrorContains(t, err, "\n1 of 2 runs have no result, because all attempts were rejected (for example echo one, repeat 1: INVALID: late); start the same command again to repeat them")
	assert.Len(t, results(t, s, "echo"), 3)
	s.Targets, valid = s.Targets[:1], true
	require.NoError(t, s.Run(t.Context()), "the same command repeats it")
	assert.Len(t, results(t, s, "echo"), 4)
}

// A fast server has a latency of which the same lag is a larger share.
func TestARunWithALagThatIsLargeForItsLatencyCountsWithANote(t *testing.T) {
	const late = "the generator sent late: p99 2.00 ms of a latency of p99 5.00 ms"
	s, _ := scriptedSuite(t, func(int) *bench.Result {
		return &bench.Result{
			Scenario: "echo", Reasons: []string{late}, Delivery: &latency.Percentiles{P50: 5, P99: 5},
			Generator: &bench.OwnUse{LagMs: &latency.Percentiles{P99: 2}},
		}
	})
	require.NoError(t, s.Run(t.Context()))
	for r, err := range bench.ReadFile(filepath.Join(s.Out, "echo.jsonl")) {
		require.NoError(t, err)
		assert.Empty(t, r.Labels["rejected"])
		assert.True(t, r.Valid)
		assert.Equal(t, []string{late}, r.Notes)
	}
	assert.Len(t, results(t, s, "echo"), 1)
}

// If it was made again, a server that fails sometimes would look better.
func TestAFailedRunWithAnOverrunGeneratorCountsAtOnce(t *testing.T) {
	s, log := scriptedSuite(t, func(int) *bench.Result {
		return &bench.Result{
			Failures: []string{"1 deliveries lost"}, Reasons: []string{"overrun"},
			Flaws: sequence.Flaws{Lost: 1}, Generator: &bench.OwnUse{BusiestInterval: 1},
		}
	})
	require.NoError(t, s.Run(t.Context()))
	var rejected []string
	for _, l := range results(t, s, "echo") {
		rejected = append(rejected, l.Labels["rejected"])
	}
	assert.Equal(t, []string{""}, rejected)
	assert.Contains(t, log.String(), "echo one, repeat 1: FAILED: 1 deliveries lost; ")
	log.Reset()
	require.NoError(t, s.Run(t.Context()))
	assert.Empty(t, log.String(), "it counts")
}

func TestAHeldBackRunCounts(t *testing.T) {
	for name, run := range map[string]bench.Result{
		"valid":   {Valid: true},
		"invalid": {Reasons: []string{"overrun"}, Generator: &bench.OwnUse{BusiestInterval: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := scriptedSuite(t, func(int) *bench.Result {
				r := run
				r.Sent, r.HeldBack = 9, &bench.HeldBackFigures{Late: 1, ShareOfMessages: 0.1, Seconds: 2, ShareOfTime: 0.5}
				return &r
			})
			require.NoError(t, s.Run(t.Context()))
			var rejected []string
			for _, l := range results(t, s, "echo") {
				rejected = append(rejected, l.Labels["rejected"])
			}
			assert.Equal(t, []string{""}, rejected)
			assert.Contains(t, log.String(), "; held back: 10 % of the messages (0 not sent, 1 late), for 2.00 s, 50 % of the time; ")
		})
	}
}

func TestRunsOfAnotherSetAreRepeated(t *testing.T) {
	s, _ := scriptedSuite(t, func(int) *bench.Result { return &bench.Result{Valid: true} })
	for _, set := range []string{"a", "b", "b", "a"} {
		s.Set = set
		require.NoError(t, s.Run(t.Context()))
	}
	lines := results(t, s, "echo")
	require.Len(t, lines, 2)
	for i, set := range []string{"a", "b"} {
		assert.Equal(t, []string{set, "1"}, []string{lines[i].Labels["set"], lines[i].Labels["attempt"]})
	}
}
