package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/suite"
)

func TestTheChannelsAreListed(t *testing.T) {
	stdout, stderr, err := ran(t, "suite", "--channels", "--list")
	require.NoError(t, err)
	assert.Empty(t, stderr)
	golden(t, "suite_channels.txt", []byte(stdout))
}

func TestEveryEntryOfChannelsIsAScenarioForBothKindsOfClients(t *testing.T) {
	for _, e := range suite.Channelled() {
		args := strings.Fields(e.Command())[2:]
		_, err := scenarioOf(args)
		require.NoError(t, err, e.ID)
		s, err := scenarioOf(slices.Concat(args, strings.Fields(suite.ChannelsFlags)))
		require.NoError(t, err, e.ID)
		if fan, ok := s.(*bench.Fan); ok {
			assert.Contains(t, suite.ChannelsCommand, `"client-events":100000`)
			assert.Less(t, fan.Rate, 100_000.0, "a sender stays below the app's limit")
		}
	}
}

func TestResultsOfChannelsAreInAFolderOfTheirOwn(t *testing.T) {
	assert.Equal(t, filepath.Join("a", "channels"), (&suiteFlags{Out: "a", Channels: true}).out())
	_, err := parsed(t, nil, "suite", "--channels", "--only=zipf")
	assert.EqualError(t, err, `--only: unknown name "zipf"; --list prints the names`)
	_, err = parsed(t, nil, "suite", "--channels", "--cluster")
	assert.EqualError(t, err, "--cluster and --channels can't be used together")
}
