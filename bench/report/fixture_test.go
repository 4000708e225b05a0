package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

// from loads a folder of results.
func from(t *testing.T, dir string) *results.Data {
	t.Helper()
	known, err := results.ReadPeers("testdata/peers.json")
	require.NoError(t, err)
	d, err := results.Load(dir, known)
	require.NoError(t, err)
	return d
}

// loaded loads a folder with these runs.
func loaded(t *testing.T, runs ...*bench.Result) *results.Data {
	t.Helper()
	return from(t, synthetic.Folder(t, runs...))
}

// lineOf returns the text without line breaks.
func lineOf(text string) string { return strings.Join(strings.Fields(text), " ") }
