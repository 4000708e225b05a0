package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/suite"
)

func TestThePlanIsPrinted(t *testing.T) {
	peers := manifest(t, suite.Target{Name: "here", Version: "v1"}, suite.Target{Name: "gone", Tools: []string{"no-such-tool"}})
	stdout, stderr, err := ran(t, "suite", "--plan", "--peers", peers)
	require.NoError(t, err)
	assert.Empty(t, stderr)
	golden(t, "suite_plan.txt", []byte(stdout))
	stdout, _, err = ran(t, "suite", "--plan", "--quick", "--peers", peers)
	require.NoError(t, err)
	golden(t, "suite_plan_quick.txt", []byte(stdout))
}

func TestEveryEntryOfAQuickSuiteIsAScenario(t *testing.T) {
	for _, e := range suite.Quick() {
		_, err := scenarioOf(strings.Fields(e.Command())[2:])
		require.NoError(t, err, e.ID)
	}
}

func TestAQuickSuiteHasItsOwnFolderAndBounds(t *testing.T) {
	c, err := parsed(t, nil, "suite", "--quick")
	require.NoError(t, err)
	assert.Equal(t, "quick-results", c.suite.out())
	assert.Equal(t, 19*time.Minute, c.suite.limit())
	assert.Equal(t, 1, c.suite.retries())
	c, err = parsed(t, nil, "suite", "--quick", "--out=other", "--for=5m", "--retries=0")
	require.NoError(t, err)
	assert.Equal(t, "other", c.suite.out())
	assert.Equal(t, 5*time.Minute, c.suite.limit())
	assert.Zero(t, c.suite.retries())
	for _, out := range []string{"bench/results/mine", "./bench/../bench/results"} {
		_, err = parsed(t, nil, "suite", "--quick", "--out="+out)
		assert.EqualError(t, err, "--out: a quick suite must not write into the published results, bench/results", out)
	}
	_, err = parsed(t, nil, "suite", "--quick", "--cluster")
	assert.ErrorContains(t, err, "can't be used together")
}

func TestAQuickSuiteSaysWhatItCannotClaimAndWhatToDoNext(t *testing.T) {
	peers, out := manifest(t, suite.Target{Name: "gone", Tools: []string{"no-such-tool"}}), t.TempDir()
	_, stderr, err := ran(t, "suite", "--quick", "--peers", peers, "--out", out, "--server", os.Args[0], "--targets=gone")
	require.NoError(t, err)
	for _, text := range []string{
		"gone is skipped: no no-such-tool on PATH", "an order of servers that are close", "What they cannot claim",
		"bin/plenum-bench compare " + out + " " + out + "-2\n",
	} {
		assert.Contains(t, stderr, text)
	}
}

func TestResultsOfUnknownSourcesAreNotPublished(t *testing.T) {
	f := &suiteFlags{Out: publishedFolder, Server: "bin/plenum"}
	plan := []suite.Planned{{Runs: 1}}
	err := f.refuse(plan, []suite.Target{{Name: "plenum", Commit: "abc-dirty"}})
	assert.ErrorContains(t, err, "bench/results has published results: commit, run make build and start again, or use --quick or another --out")
	for _, other := range []*suiteFlags{{Out: t.TempDir()}, {Out: publishedFolder, Quick: true}} {
		assert.NoError(t, other.refuse(plan, []suite.Target{{Name: "plenum", Commit: "abc-dirty"}}))
	}
	assert.Error(t, (&suiteFlags{Out: publishedFolder, Channels: true}).refuse(plan, []suite.Target{{Name: "plenum", Commit: "abc-dirty"}}))
	assert.ErrorContains(t, unpublishable("bin/plenum", "abc-dirty"), `bin/plenum was built from a changed or unknown source (commit "abc-dirty")`)
	assert.Error(t, unpublishable("bin/plenum", ""))
	assert.NoError(t, unpublishable("bin/plenum", "abc"))
}

func TestADirtySuiteEndsBeforeItBuildsPeers(t *testing.T) {
	t.Chdir(t.TempDir()) // so that bench/results is not that of the repository
	peers := manifest(t, suite.Target{Name: "here", Version: "v1"})
	_, stderr, err := ran(t, "suite", "--peers", peers, "--server", os.Args[0])
	assert.ErrorContains(t, err, "was built from a changed or unknown source")
	assert.Equal(t, statusFailed, exitStatus(err))
	assert.Empty(t, stderr)
	assert.NoDirExists(t, filepath.Join("bench", "results"))
}

func TestAnEntryThatMeasuresNoChosenServerIsAnError(t *testing.T) {
	peers := manifest(t, suite.Target{Name: "here", Version: "v1"})
	_, _, err := ran(t, "suite", "--peers", peers, "--out", t.TempDir(), "--server", os.Args[0], "--targets=here", "--only=hour")
	assert.ErrorContains(t, err, "no chosen entry measures a chosen server")
	assert.Equal(t, statusUsage, exitStatus(err))
}

func TestAnHourOfThePublishedSetHasARowPerMinute(t *testing.T) {
	some, err := suite.ChooseEntries([]string{"hour"})
	require.NoError(t, err)
	s, err := scenarioOf(strings.Fields(some[0].Command())[2:])
	require.NoError(t, err)
	hour := s.(*bench.Hour)
	assert.EqualValues(t, time.Hour, hour.Duration)
	assert.EqualValues(t, time.Minute, hour.SeriesEvery)
	_, err = scenarioOf([]string{"hour", "--duration", "20s", "--series-every", "1s"})
	assert.NoError(t, err, "it can be shortened")
}
