package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestACommitOfPlenumBenchThatFewRunsHaveIsNamedWithItsEntries(t *testing.T) {
	later := func(r *bench.Result) { r.Environment.Commit = "later" }
	runs := []*bench.Result{
		synthetic.Run("zipf", results.Plenum, 1, later), synthetic.Run("echo", results.Plenum, 1), synthetic.Run("echo", results.Plenum, 2),
	}
	assert.Equal(t, runs[1].Environment.Commit+", later (some runs of zipf)", benchCommits(runs))
	assert.Equal(t, "later", benchCommits(runs[:1]))
	assert.Empty(t, benchCommits(nil))
}
