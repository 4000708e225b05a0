package goals

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench/metric"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/results"
)

func TestClientsOfChannelsAreComparedWithNativeOnes(t *testing.T) {
	for times, want := range map[float64][2]string{1: {met, met}, 1.2: {missed, met}, 1.4: {missed, missed}} {
		d := from(t, synthetic.ChannelsFolder(t, synthetic.Channels(times)...))
		cpu, memory := channelsGoals[0].judge(d), channelsGoals[len(channelsGoals)-1].judge(d)
		assert.Equal(t, want, [2]string{cpu.verdict, memory.verdict}, times)
		assert.Equal(t, metric.Number(times), memory.ratio)
		assert.Contains(t, Part(d), "| rooms-small | Pusher Channels clients: nothing lost | failed 0 of 3 |")
	}
}

func TestALossOfChannelsMissesTheGoalsOfItsEntry(t *testing.T) {
	lost := synthetic.Run("fan-large", results.Channels, 4, synthetic.Sends(5), synthetic.Fails("2 deliveries lost"))
	d := from(t, synthetic.ChannelsFolder(t, append(synthetic.Channels(1), lost)...))
	for _, b := range channelsGoals {
		want := met
		if b.entry == "fan-large" {
			want = missed
		}
		assert.Equal(t, want, b.judge(d).verdict, b.text)
	}
}

func TestGoalsOfChannelsAreLeftOutIfNothingWasMeasured(t *testing.T) {
	assert.NotContains(t, Part(from(t, synthetic.ChannelsFolder(t))), "Pusher")
}
