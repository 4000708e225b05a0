package results

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
)

// refusal returns the error of load for a folder "results" with these runs, some of them in a subfolder.
func refusal(t *testing.T, within string, runs ...*bench.Result) error {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "results")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	synthetic.Save(t, filepath.Join(dir, within), runs...)
	_, err := Load(dir, nil)
	return err
}

func TestAProgramThatWasBuiltFromUncommittedChangesIsRefused(t *testing.T) {
	changed := synthetic.Labelled("commit", "f00-dirty")
	assert.EqualError(t, refusal(t, "", synthetic.Run("echo", Bun, 1), synthetic.Run("zipf", Plenum, 1, changed)),
		"report: results/zipf.jsonl: plenum was built from uncommitted changes (commit f00-dirty, build b1): commit them and measure again")
	assert.ErrorContains(t, refusal(t, ClusterFolder, synthetic.Run("span-2", "plenum-2", 1, changed)), "report: cluster/span-2.jsonl: plenum was built from uncommitted")
	assert.ErrorContains(t, refusal(t, WireFolder, synthetic.Run("idle", Encrypted, 1, changed)), "report: wire/idle.jsonl: plenum was built from uncommitted")
	assert.EqualError(t, refusal(t, "", synthetic.Run("echo", Bun, 1, func(r *bench.Result) { r.Environment.Commit = "bad-dirty" })),
		"report: results/echo.jsonl: plenum-bench was built from uncommitted changes (commit bad-dirty): commit them and measure again")
	assert.NoError(t, refusal(t, "", synthetic.Run("echo", Bun, 1, changed), synthetic.Run("echo", Plenum, 1, synthetic.Rejects("busy"), changed)), "a peer's commit, and a run that is not used")
}

func TestASectionWithSeveralBuildsOfPlenumIsRefused(t *testing.T) {
	other := synthetic.Labelled("build", "b2")
	assert.EqualError(t, refusal(t, "", synthetic.Run("echo", Plenum, 1), synthetic.Run("zipf", Plenum, 1), synthetic.Run("zipf", Again, 2, other)),
		"report: results: plenum's runs are of several builds, which must not be mixed: b1 in echo.jsonl, zipf.jsonl; b2 in zipf.jsonl")
	assert.NoError(t, refusal(t, "", synthetic.Run("echo", Plenum, 1), synthetic.Run("echo", Bun, 1, other)), "a peer has a version of its own")
	assert.NoError(t, refusal(t, "", synthetic.Run("echo", Plenum, 1), synthetic.Run("echo", Plenum, 1, other, synthetic.Labelled("set", "b"))), "only the newest set is used")
}
