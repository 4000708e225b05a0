package compare

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
)

func write(t *testing.T, path string, runs ...*bench.Result) {
	t.Helper()
	var text bytes.Buffer
	for _, r := range runs {
		require.NoError(t, r.Write(&text))
	}
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
}

func TestRunsOfAFileAreOneGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	first, second := runOf("x", 1), runOf("x", 2)
	for i, r := range []*bench.Result{first, second} {
		h := latency.NewHistogram()
		h.Record(int64(100 + 100*i))
		r.Histograms = &bench.Encoded{Delivery: h, Completion: h}
	}
	write(t, path, first, second)
	side, err := Read(path)
	require.NoError(t, err)
	require.Len(t, side.Groups, 1)
	g := side.Groups[0]
	assert.Equal(t, []float64{1, 2}, g.Values(named(t, "p99")))
	for _, name := range []string{"delivery", "completion"} {
		c, ok := g.Latency(name)
		assert.True(t, ok)
		assert.InDelta(t, 0.15, c.Max, 0.0001, "the median of both runs")
	}
	_, ok := g.Latency("storm")
	assert.False(t, ok)
	assert.Nil(t, g.Sound[0].Histograms)
}

func TestOnlyTheNewestSetOfAFolderCounts(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "results[1]*?")
	require.NoError(t, os.Mkdir(folder, 0o755))
	labelled := func(set, entry string, day int) *bench.Result {
		r := runOf("x", float64(day))
		r.Labels, r.StartedAt = map[string]string{"set": set, "entry": entry}, time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)
		return r
	}
	write(t, filepath.Join(folder, "hot.jsonl"), labelled("new", "hot", 3), labelled("old", "hot", 2))
	write(t, filepath.Join(folder, "large.jsonl"), labelled("old", "large", 1))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "skipped.json"), []byte("[]"), 0o644))
	side, err := Read(folder)
	require.NoError(t, err)
	require.Len(t, side.Groups, 2)
	assert.Equal(t, []float64{3}, side.Groups[0].Values(named(t, "p99")))
	assert.Equal(t, 1, side.Groups[0].Excluded.OtherSet)
	assert.Equal(t, 1, side.Groups[1].Excluded.OtherSet)
}

func TestAFileWithoutResultsIsAnError(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.jsonl")
	for text, want := range map[string]string{
		"":                               path + ": no results",
		"hello":                          path + ": not a file of results: invalid character 'h' looking for beginning of value",
		`{"a":1}`:                        path + ": result 1: no scenario: it was not written by plenum-bench run",
		`{"scenario":"x"}{`:              path + ": not a file of results: unexpected EOF",
		`{"scenario":"x"}{"scenario":1}`: path + ": result 2: json: cannot unmarshal number into Go struct field Result.scenario of type string",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, err := Read(path)
		assert.EqualError(t, err, want)
	}
	_, err := Read(filepath.Join(folder, "none"))
	assert.EqualError(t, err, filepath.Join(folder, "none")+": no such file or directory")
	empty := t.TempDir()
	_, err = Read(empty)
	assert.EqualError(t, err, empty+": no results")
}
