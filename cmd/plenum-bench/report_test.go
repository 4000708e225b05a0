package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/suite"
)

func TestAWrittenReportIsUpToDate(t *testing.T) {
	folder := t.TempDir()
	document := filepath.Join(folder, "BENCHMARKS.md")
	require.NoError(t, os.WriteFile(document, []byte("# By hand\n"+markers()), 0o644))
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
	assert.Contains(t, string(text), "# By hand\n<!-- generated: ")
	assert.Contains(t, string(text), "| plenum | failed 1 of 1 |")
}

// markers returns a document's markers for every entry of the suite.
func markers() (text string) {
	for _, e := range suite.Published() {
		if !e.PlenumOnly {
			text += "<!-- generated: " + e.ID + " -->\n<!-- end -->\n"
		}
	}
	return text + "<!-- generated: wire -->\n<!-- end -->\n"
}

func TestReportCheckNamesTheFilesThatAreOutOfDate(t *testing.T) {
	folder := t.TempDir()
	document := filepath.Join(folder, "BENCHMARKS.md")
	require.NoError(t, os.WriteFile(document, []byte(markers()), 0o644))
	stdout, _, err := ran(t, "report", "--check", "--results", t.TempDir(), "--plots", folder,
		"--peers=../../bench/peers/peers.json", "--document", document)
	assert.EqualError(t, err, "out of date, run plenum-bench report: "+document)
	assert.Equal(t, statusFailed, exitStatus(err))
	assert.Equal(t, document+"\n", stdout)
}
