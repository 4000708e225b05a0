package results

import (
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
)

// from loads a folder of
func from(t *testing.T, dir string) *Data {
	t.Helper()
	known, err := ReadPeers("../testdata/peers.json")
	require.NoError(t, err)
	d, err := Load(dir, known)
	require.NoError(t, err)
	return d
}

// loaded loads a folder with these runs.
func loaded(t *testing.T, runs ...*bench.Result) *Data {
	t.Helper()
	return from(t, synthetic.Folder(t, runs...))
}
