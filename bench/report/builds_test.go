package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

// refusal returns the error of load for a folder "results" with these runs, some of them in a subfolder.
func refusal(t *testing.T, within string, runs ...*bench.Result) error {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "results")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	save(t, filepath.Join(dir, within), runs...)
	_, err := load(dir, testPeers(t))
	return err
}

func TestAProgramThatWasBuiltFromUncommittedChangesIsRefused(t *testing.T) {
	changed := labelled("commit", "f00-dirty")
	assert.EqualError(t, refusal(t, "", aRun("echo", bun, 1), aRun("zipf", plenum, 1, changed)),
		"report: results/zipf.jsonl: plenum was built from uncommitted changes (commit f00-dirty, build b1): commit them and measure again")
	assert.ErrorContains(t, refusal(t, clusterFolder, aRun("span-2", "plenum-2", 1, changed)), "report: cluster/span-2.jsonl: plenum was built from uncommitted")
	assert.ErrorContains(t, refusal(t, wirePartName, aRun("idle", encrypted, 1, changed)), "report: wire/idle.jsonl: plenum was built from uncommitted")
	assert.EqualError(t, refusal(t, "", aRun("echo", bun, 1, func(r *bench.Result) { r.Environment.Commit = "bad-dirty" })),
		"report: results/echo.jsonl: plenum-bench was built from uncommitted changes (commit bad-dirty): commit them and measure again")
	assert.NoError(t, refusal(t, "", aRun("echo", bun, 1, changed), aRun("echo", plenum, 1, rejects("busy"), changed)), "a peer's commit, and a run that is not used")
}

func TestASectionWithSeveralBuildsOfPlenumIsRefused(t *testing.T) {
	other := labelled("build", "b2")
	assert.EqualError(t, refusal(t, "", aRun("echo", plenum, 1), aRun("zipf", plenum, 1), aRun("zipf", again, 2, other)),
		"report: results: plenum's runs are of several builds, which must not be mixed: b1 in echo.jsonl, zipf.jsonl; b2 in zipf.jsonl")
	assert.NoError(t, refusal(t, "", aRun("echo", plenum, 1), aRun("echo", bun, 1, other)), "a peer has a version of its own")
	assert.NoError(t, refusal(t, "", aRun("echo", plenum, 1), aRun("echo", plenum, 1, other, labelled("set", "b"))), "only the newest set is used")
}

func TestResultsOfPeopleMayHaveOtherNames(t *testing.T) {
	d := loaded(t, aRun("mine", "apache", 1, sends(5)), aRun("mine", plenum, 1, sends(6)), aRun("echo", "apache", 1, sends(1)))
	assert.Equal(t, []string{"mine"}, d.further())
	var titles []string
	for _, s := range present(sections(d, nil)) {
		titles = append(titles, s.title)
	}
	assert.Contains(t, titles, "Other entries")
	part := entryPart(d, d.kind("mine"))
	assert.Contains(t, part, "| apache | 1 | 5.16 | 26.1 | ")
	assert.NotContains(t, part, "upgrades/s", "no result has this figure")
	assert.Contains(t, d.measured("echo"), "apache")
}
