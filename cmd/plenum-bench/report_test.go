package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWrittenReportIsUpToDate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	document := filepath.Join(folder, "BENCHMARKS.md")
	require.NoError(t, os.WriteFile(document, []byte("# By hand\n"+markers), 0o644))
	results := filepath.Join(folder, "results")
	require.NoError(t, os.Mkdir(results, 0o755))
	_, _, err := ran(t, "run", "fan-hot", "--url", room(t, 5), "--members=2", "--rate=50", "--duration=200ms",
		"--warmup=0s", "--drain=100ms", "--name=plenum", "--out", filepath.Join(results, "fan-hot-200.jsonl"))
	require.Equal(t, statusFailed, exitStatus(err), "%v", err)
	report := []string{"report", "--results", results, "--peers=../../bench/peers/peers.json", "--document", document}
	_, _, err = ran(t, report...)
	require.NoError(t, err)
	stdout, _, err := ran(t, append(report, "--check")...)
	require.NoError(t, err)
	assert.Empty(t, stdout)
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	assert.Contains(t, string(text), "# By hand\n<!-- generated: summary -->\n\nplenum (commit ")
	text, err = os.ReadFile(filepath.Join(results, "REPORT.md"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "| plenum | failed 1 of 1 |")
}

const markers = "<!-- generated: summary -->\n<!-- end -->\n"

func TestResultsOfAnotherFolderDoNotChangeTheDocumentsOfTheRepository(t *testing.T) {
	own, other := (&reportFlags{Results: "bench/results/"}).options(), (&reportFlags{Results: "mine"}).options()
	assert.Equal(t, ownDocuments, own.Documents)
	assert.Empty(t, other.Documents)
	assert.Equal(t, filepath.Join("mine", "REPORT.md"), other.Report)
	assert.Equal(t, filepath.Join("mine", "plots"), other.Plots)
	assert.Equal(t, []string{"a.md"}, (&reportFlags{Results: "mine", Document: []string{"a.md"}}).options().Documents)
}

func TestReportCheckNamesTheFilesThatAreOutOfDate(t *testing.T) {
	folder := t.TempDir()
	document := filepath.Join(folder, "BENCHMARKS.md")
	require.NoError(t, os.WriteFile(document, []byte(markers), 0o644))
	results := t.TempDir()
	whole := filepath.Join(results, "REPORT.md")
	stdout, _, err := ran(t, "report", "--check", "--results", results, "--peers=../../bench/peers/peers.json", "--document", document)
	stale := slices.Sorted(slices.Values([]string{document, whole}))
	assert.EqualError(t, err, "out of date, run plenum-bench report: "+strings.Join(stale, ", "))
	assert.Equal(t, statusFailed, exitStatus(err))
	assert.Equal(t, strings.Join(stale, "\n")+"\n", stdout)
}

func TestTheRunsOfAFileArePrinted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mine := filepath.Join(folder, "mine.jsonl")
	_, _, err := ran(t, "run", "fan-hot", "--name=mine", "--url", room(t, 5), "--members=2", "--rate=50", "--duration=200ms",
		"--warmup=0s", "--drain=100ms", "--out", mine)
	require.Equal(t, statusFailed, exitStatus(err), "%v", err)
	stdout, _, err := ran(t, "report", mine)
	require.NoError(t, err)
	assert.Contains(t, stdout, "## fan-hot\n\n| server | started, UTC | verdict |")
	assert.Regexp(t, `\| mine \| .* \| FAILED: \d+ deliveries lost \|`, stdout)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 1, "nothing is written")
	_, _, err = ran(t, "report", folder)
	assert.ErrorContains(t, err, "is a folder: use --results="+folder+" for a report, or plenum-bench html or compare")
	assert.Equal(t, statusUsage, exitStatus(err))
	_, _, err = ran(t, "report", folder+"/none")
	assert.EqualError(t, err, "report: "+folder+"/none: no such file or directory")
	assert.Equal(t, statusUsage, exitStatus(err))
	_, _, err = ran(t, "report", "--results", folder+"/none")
	assert.EqualError(t, err, "--results: stat "+folder+"/none: no such file or directory")
	assert.Equal(t, statusUsage, exitStatus(err))
	_, _, err = ran(t, "report", "--check", mine)
	assert.Equal(t, statusUsage, exitStatus(err))
}

func TestResultsThatCannotBeReadAreAWrongUse(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "echo.jsonl"), []byte("{\n"), 0o644))
	for _, args := range [][]string{{}, {"--check"}} {
		_, _, err := ran(t, append([]string{"report", "--results=" + dir, "--peers=../../bench/peers/peers.json"}, args...)...)
		assert.ErrorContains(t, err, "echo.jsonl: result 1: unexpected EOF")
		assert.Equal(t, statusUsage, exitStatus(err))
	}
}
