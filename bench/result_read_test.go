package bench

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/latency"
)

// written returns a result with histograms as a line of JSON.
func written(t testing.TB) string {
	h := latency.NewHistogram()
	for us := range int64(1000) {
		h.Record(us)
	}
	var text bytes.Buffer
	r := &Result{Scenario: "fan-hot", Target: "x", StartedAt: time.Unix(1, 0).UTC(), Histograms: &Encoded{Delivery: h, Completion: h}, Valid: true}
	require.NoError(t, r.Write(&text))
	return text.String()
}

func TestWrittenResultsAreReadAgain(t *testing.T) {
	var read []*Result
	for r, err := range ReadResults(strings.NewReader(written(t) + written(t))) {
		require.NoError(t, err)
		read = append(read, r)
	}
	require.Len(t, read, 2)
	assert.EqualValues(t, 1000, read[1].Histograms.Delivery.Count())
	var again bytes.Buffer
	require.NoError(t, read[0].Write(&again))
	assert.Equal(t, written(t), again.String())
	path := filepath.Join(t.TempDir(), "results.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(written(t)), 0o600))
	for r, err := range ReadFile(path) {
		require.NoError(t, err)
		assert.Equal(t, "x", r.Target)
	}
	for r, err := range ReadFile(path + ".none") {
		assert.Nil(t, r)
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	for range ReadResults(strings.NewReader(written(t) + "x")) {
		break // the caller may stop
	}
}

func FuzzAFileOfResultsIsReadOrRefused(f *testing.F) {
	f.Add(written(f))
	f.Add(written(f)[:200])
	f.Add(`{"scenario":"x","histograms":{"delivery":"HISTFAAAACB42pJpmSzMwMAgxwABzFCaEUoz2X+AMIApxwJq"}}`)
	f.Add(`{"scenario":"x"}{"scenario":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		failed := false
		for r, err := range ReadResults(strings.NewReader(text)) {
			require.False(t, failed, "nothing follows an error")
			failed = err != nil
			require.Equal(t, failed, r == nil)
			if r != nil && r.Histograms != nil {
				r.Histograms.Delivery.Percentiles()
			}
		}
	})
}
