package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAReportIsWrittenOnceAndThenUpToDate(t *testing.T) {
	folder := t.TempDir()
	document := filepath.Join(folder, "BENCHMARKS.md")
	require.NoError(t, os.WriteFile(document, []byte("# By hand\n"), 0o644))
	results := filepath.Join(folder, "results")
	require.NoError(t, os.Mkdir(results, 0o755))
	_, _, err := ran(t, "run", "fan-hot", "--url", room(t, 5), "--members=2", "--rate=50", "--duration=200ms",
		"--warmup=0s", "--drain=100ms", "--out", filepath.Join(results, "fan-hot-200.jsonl"))
	require.Equal(t, statusFailed, exitStatus(err), "%v", err)
	report := []string{"report", "--results", results, "--plots", filepath.Join(folder, "plots"),
		"--peers=../../bench/peers/peers.json", "--document", document}
	_, _, err = ran(t, report...)
	require.NoError(t, err)
	stdout, _, err := ran(t, append(report, "--check")...)
	require.NoError(t, err)
	assert.Empty(t, stdout)
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	assert.Equal(t, "# By hand\n", string(text), "it has no generated part")
}

func TestAStaleReportIsNamed(t *testing.T) {
	folder := t.TempDir()
	document := filepath.Join(folder, "BENCHMARKS.md")
	stale := strings.Join([]string{"<!-- generated: machine -->", "old", "<!-- end -->", ""}, "\n")
	require.NoError(t, os.WriteFile(document, []byte(stale), 0o644))
	stdout, _, err := ran(t, "report", "--check", "--results", t.TempDir(), "--plots", folder,
		"--peers=../../bench/peers/peers.json", "--document", document)
	assert.EqualError(t, err, "not what the results make it: "+document)
	assert.Equal(t, statusFailed, exitStatus(err))
	assert.Equal(t, document+"\n", stdout)
}
