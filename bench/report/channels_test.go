package report

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/observe"
	"plenum/bench/suite"
)

// channelsSuite returns three runs of every entry of channels. Those of the Pusher Channels clients take this many times
// the processor time and the memory of the native ones.
func channelsSuite(times float64) (runs []*bench.Result) {
	quiet := func(r *bench.Result) { r.Machine = &observe.MachineUse{Other: 0.01} }
	for repeat := 1; repeat <= 3; repeat++ {
		ms := 5 * (1 + 0.1*float64(repeat))
		for _, e := range suite.Channelled() {
			native, pusher := sends(ms), sends(times*ms)
			if e.Scenario == "idle" {
				native, pusher = idles(200*ms), idles(200*times*ms)
			}
			runs = append(runs,
				aRun(e.ID, plenum, repeat, native, quiet, labelled("commit", "f00")),
				aRun(e.ID, channels, repeat, pusher, quiet, labelled("commit", "f00")))
		}
	}
	return runs
}

// withChannels returns the data of these runs of channels, and of one run of the published set.
func withChannels(t *testing.T, runs ...*bench.Result) *data {
	dir := t.TempDir()
	save(t, dir, aRun("echo", plenum, 1, sends(5)))
	save(t, filepath.Join(dir, channelsFolder), runs...)
	d, err := load(dir, testPeers(t))
	require.NoError(t, err)
	return d
}

func TestTheSectionAboutChannels(t *testing.T) {
	d := withChannels(t, append(channelsSuite(1.05), aRun("idle", channels, 3, rejects("busy")))...)
	golden(t, "channels.md", channelsPart(d.channels)+"\n")
}

func TestTheSectionAboutChannelsIsLeftOutIfNothingWasMeasured(t *testing.T) {
	for _, d := range []*data{loaded(t, aRun("echo", plenum, 1, sends(5))), withChannels(t)} {
		assert.Empty(t, channelsPart(d.channels))
		assert.NotContains(t, goalsPart(d), "Pusher")
	}
	filled, err := Fill([]byte("<!-- generated: a -->\nold\n<!-- end -->\n"), map[string]string{"a": ""})
	require.NoError(t, err)
	assert.Equal(t, "<!-- generated: a -->\n<!-- end -->\n", string(filled))
}

func TestClientsOfChannelsAreComparedWithNativeOnes(t *testing.T) {
	for times, want := range map[float64][2]string{1: {met, met}, 1.2: {missed, met}, 1.4: {missed, missed}} {
		d := withChannels(t, channelsSuite(times)...)
		cpu, memory := channelsGoals[0].judge(d), channelsGoals[len(channelsGoals)-1].judge(d)
		assert.Equal(t, want, [2]string{cpu.verdict, memory.verdict}, times)
		assert.Equal(t, number(times), memory.ratio)
		assert.Contains(t, goalsPart(d), "| rooms-small | Pusher Channels clients: nothing lost | failed 0 of 3 |")
	}
}

func TestALossOfChannelsIsShownAndMissesItsGoals(t *testing.T) {
	lost := func(r *bench.Result) { r.Lost, r.Missing = 2, 1 }
	d := withChannels(t, append(channelsSuite(1), aRun("fan-large", channels, 4, sends(5), lost, fails("2 deliveries lost")))...)
	assert.Contains(t, channelsPart(d.channels), "| 1 room of 5,000, 5 messages/s | Pusher Channels | 1 of 4 failed | 4,000,000 | 3 |")
	assert.Contains(t, channelsPart(d.channels), "- fan-large: plenum-channels: 1 of 4 failed. First failure: 2 deliveries lost.")
	for _, b := range channelsGoals {
		want := met
		if b.entry == "fan-large" {
			want = missed
		}
		assert.Equal(t, want, b.judge(d).verdict, b.text)
	}
}

func TestEveryEntryOfChannelsIsReported(t *testing.T) {
	want := map[string]bool{"idle": true}
	for _, load := range channelsLoads {
		want[load.entry] = true
	}
	assert.Len(t, channelledEntries(), len(want))
	for _, id := range channelledEntries() {
		assert.True(t, want[id], id)
	}
}
