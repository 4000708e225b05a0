package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
)

// resultFile writes a file of sound runs with these p99 and returns its path.
func resultFile(t *testing.T, name string, options map[string]any, p99 ...float64) string {
	t.Helper()
	var text bytes.Buffer
	for _, v := range p99 {
		r := &bench.Result{
			Scenario: "fan-hot", Target: "room", Options: options, Valid: true,
			Delivery: &latency.Percentiles{P50: v / 2, P99: v}, Completion: &latency.Percentiles{P99: v},
		}
		require.NoError(t, r.Write(&text))
	}
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
	return path
}

func TestAComparisonHasAnExitStatus(t *testing.T) {
	options := map[string]any{"rate": 1000}
	slow := resultFile(t, "slow.jsonl", options, 60, 61, 62, 63)
	fast := resultFile(t, "fast.jsonl", options, 10, 11, 12, 13)
	once := resultFile(t, "once.jsonl", options, 10)
	for _, c := range []struct {
		status int
		text   string
		args   []string
	}{
		{0, "", []string{slow, slow}},
		{0, "", []string{slow, fast}},
		{statusFailed, "WORSE: B, compared with A: 3 worse, 0 better, 0 undecided", []string{fast, slow}},
		{0, "", []string{fast, once}},
		{statusUndecided, "UNDECIDED: B, compared with A: 0 worse, 0 better, 3 undecided, 3 of them for lack of runs", []string{fast, once, "--strict"}},
		{0, "", []string{slow, fast, "--strict"}},
		{0, "", []string{slow, fast, "--fail-if=p99>50ms"}},
		{statusFailed, "FAILED: fan-hot room, p99 is 61.5 ms (p99>50ms); B, compared with A: 0 worse, 0 better, 1 undecided", []string{slow, slow, "--fail-if=p99>50ms", "--metric=p50"}},
		{statusFailed, "FAILED: fan-hot room, p99 is 61.5 ms (p99>50ms); B, compared with A: 3 worse, 0 better, 0 undecided", []string{fast, slow, "--fail-if=p99>50ms"}},
		{statusFailed, "WORSE: B, compared with A: 1 worse, 0 better, 0 undecided", []string{fast, slow, "--metric=p50", "--least=300"}},
		{0, "", []string{fast, slow, "--least=600"}},
	} {
		stdout, stderr, err := ran(t, append([]string{"compare"}, c.args...)...)
		assert.Equal(t, c.status, exitStatus(err), "%v: %v", c.args, err)
		if c.text != "" {
			assert.EqualError(t, err, c.text)
		}
		assert.Contains(t, stdout, "fan-hot, room: ")
		assert.Empty(t, stderr)
	}
}

func TestRunsWithOtherOptionsAreComparedOnlyIfAsked(t *testing.T) {
	a := resultFile(t, "a.jsonl", map[string]any{"rate": 1000}, 1)
	b := resultFile(t, "b.jsonl", map[string]any{"rate": 2000}, 1)
	_, _, err := ran(t, "compare", a, b)
	assert.EqualError(t, err, "the options differ, so the runs cannot be compared; --ignore-options compares them all the same: fan-hot room: rate is 1000 in A and 2000 in B")
	assert.Equal(t, statusUsage, exitStatus(err))
	stdout, _, err := ran(t, "compare", a, b, "--ignore-options")
	require.NoError(t, err)
	assert.Contains(t, stdout, "Note: fan-hot room: rate is 1000 in A and 2000 in B")
}

func TestAWrongComparisonIsReportedInOneLine(t *testing.T) {
	a := resultFile(t, "a.jsonl", nil, 1)
	other := filepath.Join(t.TempDir(), "b.jsonl")
	require.NoError(t, os.WriteFile(other, []byte(`{"scenario":"idle","target":"room","valid":true}`), 0o644))
	for want, args := range map[string][]string{
		"--least: must be more than 0, got NaN": {a, a, "--least=NaN"},
		"--fail-if: lost is 0 in every sound run; a comparison counts failed and held back runs by itself":     {a, a, "--fail-if=lost>0"},
		"--metric: held_back is 0 in every sound run; a comparison counts failed and held back runs by itself": {a, a, "--metric=held_back"},
		"--least: must be more than 0, got 0":                                  {a, a, "--least=0"},
		"nothing to compare: A has fan-hot room, B has idle room":              {a, other},
		"--fail-if: no entry measures upgrades":                                {a, a, "--fail-if=upgrades<1"},
		filepath.Join(filepath.Dir(a), "none") + ": no such file or directory": {a, filepath.Join(filepath.Dir(a), "none")},
	} {
		_, _, err := ran(t, append([]string{"compare"}, args...)...)
		assert.EqualError(t, err, want)
		assert.Equal(t, statusUsage, exitStatus(err))
	}
	_, _, err := ran(t, "compare", a)
	assert.EqualError(t, err, "missing argument <b>; --help describes it")
	assert.Equal(t, statusUsage, exitStatus(err))
	_, _, err = ran(t, "compare", a, a, "--metric=p98")
	assert.ErrorContains(t, err, `--metric: unknown metric "p98"; the metrics are p50, `)
}

func TestAComparisonIsWrittenAsJSON(t *testing.T) {
	a := resultFile(t, "a.jsonl", nil, 1, 2, 3, 4)
	stdout, _, err := ran(t, "compare", a, a, "--json")
	require.NoError(t, err)
	var report struct {
		Undecided int
		Entries   []struct {
			Metrics []struct{ Metric, Verdict string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	assert.Equal(t, 3, report.Undecided)
	assert.Equal(t, "p50", report.Entries[0].Metrics[0].Metric)
}
