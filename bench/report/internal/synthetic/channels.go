package synthetic

import (
	"path/filepath"
	"testing"

	"plenum/bench"
	"plenum/bench/observe"
	"plenum/bench/suite"
)

// Channels returns three runs of every entry of channels. Those of the Pusher Channels clients take this many times
// the processor time and the memory of the native ones.
func Channels(times float64) (runs []*bench.Result) {
	quiet := func(r *bench.Result) { r.Machine = &observe.MachineUse{Other: 0.01} }
	for repeat := 1; repeat <= 3; repeat++ {
		ms := 5 * (1 + 0.1*float64(repeat))
		for _, e := range suite.Channelled() {
			native, pusher := Sends(ms), Sends(times*ms)
			if e.Scenario == "idle" {
				native, pusher = Idles(200*ms), Idles(200*times*ms)
			}
			runs = append(runs,
				Run(e.ID, "plenum", repeat, native, quiet, Labelled("commit", "f00")),
				Run(e.ID, suite.ChannelsName, repeat, pusher, quiet, Labelled("commit", "f00")))
		}
	}
	return runs
}

// ChannelsFolder returns a folder of results with these runs of channels, and one run of the published set.
func ChannelsFolder(t *testing.T, runs ...*bench.Result) string {
	t.Helper()
	dir := Folder(t, Run("echo", "plenum", 1, Sends(5)))
	Save(t, filepath.Join(dir, "channels"), runs...)
	return dir
}
