package report

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/report/results"
	"plenum/bench/suite"
)

var partOfTheSet = regexp.MustCompile(`suite --only (\S+) --targets (\S+) --out`)

// TestTheCommandsOnThePageRepeatItsClaims holds BENCHMARKS.md to the strengths and weaknesses that it publishes.
func TestTheCommandsOnThePageRepeatItsClaims(t *testing.T) {
	d := repositoryResults(t)
	command := partOfTheSet.FindStringSubmatch(read(t, filepath.Join(root, "BENCHMARKS.md")))
	require.NotNil(t, command)
	entries, targets := strings.Split(command[1], ","), strings.Split(command[2], ",")
	assert.Subset(t, targets, []string{results.Plenum, results.Again}, "without the second one there is no noise floor")
	for _, f := range slices.Concat(shown(strengths(d)), shown(weaknesses(d))) {
		if !d.Tuned(f.rival) && slices.ContainsFunc(suite.Quick(), func(e suite.Entry) bool { return e.ID == f.entry }) {
			continue
		}
		assert.Contains(t, entries, f.entry, f.what)
		assert.Contains(t, targets, f.rival, f.what)
	}
}
