package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestTheSectionAboutChannels(t *testing.T) {
	d := from(t, synthetic.ChannelsFolder(t, append(synthetic.Channels(1.05), synthetic.Run("idle", results.Channels, 3, synthetic.Rejects("busy")))...))
	golden(t, "channels.md", channelsPart(d.Channels)+"\n")
}

func TestTheSectionAboutChannelsIsLeftOutIfNothingWasMeasured(t *testing.T) {
	for _, d := range []*results.Data{loaded(t, synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(5))), from(t, synthetic.ChannelsFolder(t))} {
		assert.Empty(t, channelsPart(d.Channels))
	}
	filled, err := Fill([]byte("<!-- generated: a -->\nold\n<!-- end -->\n"), map[string]string{"a": ""})
	require.NoError(t, err)
	assert.Equal(t, "<!-- generated: a -->\n<!-- end -->\n", string(filled))
}

func TestALossOfChannelsIsShown(t *testing.T) {
	lost := func(r *bench.Result) { r.Lost, r.Missing = 2, 1 }
	d := from(t, synthetic.ChannelsFolder(t, append(synthetic.Channels(1), synthetic.Run("fan-large", results.Channels, 4, synthetic.Sends(5), lost, synthetic.Fails("2 deliveries lost")))...))
	assert.Contains(t, channelsPart(d.Channels), "| 1 room of 5,000, 5 messages/s | Pusher Channels | 1 of 4 failed | 4,000,000 | 3 |")
	assert.Contains(t, channelsPart(d.Channels), "- fan-large: plenum-channels: 1 of 4 failed. First failure: 2 deliveries lost.")
}

func TestEveryEntryOfChannelsIsReported(t *testing.T) {
	want := map[string]bool{"idle": true}
	for _, load := range channelsLoads {
		want[load.entry] = true
	}
	assert.Len(t, results.ChannelledEntries(), len(want))
	for _, id := range results.ChannelledEntries() {
		assert.True(t, want[id], id)
	}
}
