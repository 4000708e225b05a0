package suite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
)

func TestRepeatsAreInterleavedAndNeighboursDiffer(t *testing.T) {
	a, b, c := Target{Name: "a"}, Target{Name: "b"}, Target{Name: "c", Echo: "ws://{host}/"}
	fan, echo := Entry{ID: "fan"}, Entry{ID: "echo", Echo: true}
	var got []string
	for _, j := range schedule([]Entry{fan, echo}, []Target{a, b, c}, 3) {
		got = append(got, j.entry.ID+" "+j.target.Name)
	}
	want := "fan a, fan b, fan c, echo c, fan b, fan a, fan c, echo c, fan c, fan a, fan b, echo c"
	assert.Equal(t, want, strings.Join(got, ", "), "only targets with an echo route get the echo entry")
	assert.Empty(t, schedule([]Entry{fan}, nil, 2))
}

func TestEachRepeatBeginsWithAnotherTargetAndEverySecondOneGoesBackwards(t *testing.T) {
	targets := []Target{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	for i, want := range []string{"abcd", "badc", "cdab", "dcba", "abcd"} {
		var got string
		for _, target := range rotated(targets, i+1) {
			got += target.Name
		}
		assert.Equal(t, want, got, "repeat %d", i+1)
	}
}

func TestATargetThatFailedALowerRateTwiceGetsOneRepeatOfHigherRates(t *testing.T) {
	target := Target{Name: "a"}
	at := func(rate, repeat int) job { return job{fanHot(rate), target, repeat} }
	failed := func(jobs ...job) func(job) bool {
		return func(j job) bool {
			for _, f := range jobs {
				if f.String() == j.String() {
					return true
				}
			}
			return false
		}
	}
	twice := failed(at(1000, 1), at(1000, 2))
	assert.True(t, at(4000, 2).redundant(twice))
	assert.True(t, at(10000, 5).redundant(twice))
	assert.False(t, at(4000, 1).redundant(twice), "the first repeat always runs")
	assert.False(t, at(1000, 3).redundant(twice), "the same rate")
	assert.False(t, at(200, 3).redundant(twice))
	assert.False(t, at(4000, 3).redundant(failed(at(1000, 1))))
	assert.False(t, job{Entry{ID: "zipf"}, target, 3}.redundant(twice))
}

func with(m observe.MachineUse) bench.Result { return bench.Result{Valid: true, Machine: &m} }

// delayedBy returns a valid result of a generator with these delays in milliseconds.
func delayedBy(lag, pause, batch float64) bench.Result {
	return bench.Result{Valid: true, Generator: &bench.OwnUse{
		LagMs: &latency.Percentiles{P99: lag}, MaxPauseMs: pause, BatchMs: &latency.Percentiles{P99: batch},
	}}
}

func TestARunIsRejectedForItsGeneratorOrTheMachine(t *testing.T) {
	for _, c := range []struct {
		what, want string
		result     bench.Result
	}{
		{"sound", "", bench.Result{Valid: true}},
		{"quiet", "", with(observe.MachineUse{Other: 0.2, Steal: 0.2})},
		{"others", "other processes used 0.30 cores", with(observe.MachineUse{Other: 0.3})},
		{"host", "the machine's host took 0.25 cores away", with(observe.MachineUse{Steal: 0.25})},
		{"late", "INVALID: late", bench.Result{Reasons: []string{"late", "full"}}},
		{"sent late", "", delayedBy(10, 20, 10)},
		{"sent too late", "the generator sent late: p99 10.1 ms, more than 10 ms", delayedBy(10.1, 0, 0)},
		{"collected", "a garbage collection of the generator took 20.1 ms, more than 20 ms", delayedBy(0, 20.1, 0)},
		{"away", "the generator's loops were away from their sockets: p99 10.1 ms, more than 10 ms", delayedBy(0, 0, 10.1)},
		{"lost", "", bench.Result{Valid: true, Failures: []string{"lost"}}},
		{"lost and late", "", bench.Result{Failures: []string{"lost"}, Reasons: []string{"late"}}},
		{"lost while overrun", "", bench.Result{
			Failures: []string{"lost"}, Reasons: []string{"overrun"}, Flaws: sequence.Flaws{Lost: 1}, Generator: &bench.OwnUse{BusiestInterval: 1},
		}},
		{"held back and late", "", bench.Result{Reasons: []string{"late"}, Refused: 1, HeldBack: &bench.HeldBackFigures{}}},
	} {
		assert.Equal(t, c.want, rejected(&c.result, 0.2, 0), c.what)
	}
}

func TestTheLoopsMayBeAwayForLongerWithEachNode(t *testing.T) {
	for nodes, bound := range map[int]float64{1: 10, 2: 20, 16: 160} {
		assert.Empty(t, rejected(new(delayedBy(0, 0, bound)), 0.2, nodes))
		assert.Contains(t, rejected(new(delayedBy(0, 0, bound+0.1)), 0.2, nodes), fmt.Sprintf("more than %.0f ms", bound))
	}
	assert.Contains(t, rejected(new(delayedBy(10.1, 0, 0)), 0.2, 16), "more than 10 ms", "the others have a bound of their own")
}

func TestThePublishedCommandHasTheArgumentsThatRun(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Published() {
		assert.False(t, seen[e.ID], e.ID)
		seen[e.ID] = true
		assert.Equal(t, "plenum-bench run "+strings.Join(e.args(), " "), e.Command())
	}
	some, err := ChooseEntries([]string{"idle", "fan-hot-200"})
	require.NoError(t, err)
	assert.Equal(t, "plenum-bench run fan-hot --warmup 1s --rate 200 --duration 1s", some[0].Lasting(1e9).Command())
	assert.Equal(t, some[1], some[1].Lasting(1e9), "a fixed duration stays")
	_, err = ChooseEntries([]string{"fan"})
	assert.EqualError(t, err, `unknown name "fan"; --list prints the names`)
}

func TestAContinuedSuiteRepeatsRejectedRunsAfterTheOthersOfTheirRepeat(t *testing.T) {
	entry, hour := Entry{ID: "echo", Scenario: "echo", Repeats: 2}, Entry{ID: "hour", Scenario: "hour", Once: true}
	jobs := schedule([]Entry{entry, hour}, []Target{{Name: "a"}, {Name: "b"}}, 0)
	l := &ledger{attempts: map[key]int{{"echo", "a", "1"}: 3}}
	var order []string
	for _, j := range l.inOrder(jobs) {
		order = append(order, j.String())
	}
	assert.Equal(t, []string{
		"echo b, repeat 1", "echo a, repeat 1", "echo b, repeat 2", "echo a, repeat 2", "hour a, repeat 1", "hour b, repeat 1",
	}, order)
}
