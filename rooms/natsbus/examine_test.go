package natsbus

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExamineShowsTheStreamsOfThisAndOfAnotherNumber(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	examine := func(streams int) []StreamState {
		all, err := Examine(t.Context(), Config{URL: broker.ClientURL(), Streams: streams})
		require.NoError(t, err)
		return all
	}
	assert.Equal(t, []StreamState{{Name: "PLENUM"}}, examine(0), "nothing is created")
	n := startNodeWith(t, Config{URL: broker.ClientURL(), History: someHistory})
	n.join(t, "a", "Alex", nil)
	found := examine(1)
	require.Len(t, found, 1)
	assert.True(t, found[0].Exists)
	assert.False(t, found[0].Blocks())
	assert.Positive(t, found[0].Messages)
	assert.Equal(t, 1, found[0].Replicas)

	other := examine(2)
	require.Len(t, other, 3)
	assert.Equal(t, []StreamState{{Name: "PLENUM-2-0"}, {Name: "PLENUM-2-1"}}, other[:2])
	assert.True(t, other[2].Blocks())

	n.stop()
	require.NoError(t, streamOf(t, broker.ClientURL()).Purge(t.Context()))
	assert.False(t, examine(2)[2].Blocks(), "an empty stream is deleted by the first node")
	broker.Shutdown()
	broker.WaitForShutdown()
	_, err := Examine(t.Context(), Config{URL: broker.ClientURL()})
	assert.Error(t, err)
}
