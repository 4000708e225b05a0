package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/metric"
	"plenum/bench/observe"
)

// runOf returns a sound run of fan-hot with that p99 and twice that rate.
func runOf(server string, p99 float64) *bench.Result {
	return &bench.Result{
		Scenario: "fan-hot", Target: server, Valid: true, Rate: 2 * p99, Delivery: &latency.Percentiles{P50: p99 / 2, P99: p99},
		Completion: &latency.Percentiles{P99: 2 * p99}, Server: &observe.ServerUse{CPUPerDelivery: p99 / 10},
		Options: map[string]any{"rate": 1000.0},
	}
}

// sideOf returns a side with these runs.
func sideOf(runs ...*bench.Result) *Side {
	g := &groups{at: map[string]*Group{}}
	for _, r := range runs {
		g.add(r)
	}
	return &Side{Name: "side", Groups: g.list}
}

func sideWith(server string, figures ...float64) *Side {
	var runs []*bench.Result
	for _, v := range figures {
		runs = append(runs, runOf(server, v))
	}
	return sideOf(runs...)
}

func named(t require.TestingT, name string) *metric.Metric {
	m, err := metric.Named(name)
	require.NoError(t, err)
	return m
}

// compared returns the row of a metric.
func compared(t require.TestingT, a, b *Side, name string) Row {
	r := New(a, b, Options{Metrics: []*metric.Metric{named(t, name)}})
	require.Len(t, r.Entries, 1)
	require.Len(t, r.Entries[0].Rows, 1)
	return r.Entries[0].Rows[0]
}

func TestTheSameRunsAreNeverBetterOrWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		figures := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 12).Draw(t, "figures")
		r := New(sideWith("x", figures...), sideWith("x", figures...), Options{})
		assert.Zero(t, r.Better+r.Worse)
		assert.Equal(t, 4, r.Undecided)
	})
}

func TestTwiceTheFigureIsWorseOrBetterByTheDirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		figures := rapid.SliceOfN(rapid.Float64Range(100, 130), 4, 12).Draw(t, "figures")
		var doubled []float64
		for _, v := range figures {
			doubled = append(doubled, 2*v)
		}
		a, b := sideWith("x", figures...), sideWith("x", doubled...)
		row := compared(t, a, b, "p99")
		assert.Equal(t, Worse, row.Verdict, row.Why)
		assert.InDelta(t, 2, *row.Ratio, 1e-9)
		assert.Equal(t, Better, compared(t, b, a, "p99").Verdict)
		assert.Equal(t, Better, compared(t, a, b, "rate").Verdict, "a higher rate is better")
		assert.Equal(t, Worse, compared(t, b, a, "rate").Verdict)
	})
}

func TestADifferenceWithinTheNoiseFloorIsUndecided(t *testing.T) {
	quiet, noisy := sideWith("x", 100, 101, 102, 103, 104), sideWith("x", 104.5, 105, 120, 130, 140)
	row := compared(t, quiet, noisy, "p99")
	assert.Less(t, *row.P, level)
	assert.Greater(t, row.Noise, 0.2)
	assert.Equal(t, Undecided, row.Verdict)
	assert.Equal(t, "within the noise floor", row.Why)
	assert.False(t, row.Lacking)

	tiny := sideWith("x", 100.5, 100.51, 100.52, 100.53, 100.54)
	row = compared(t, sideWith("x", 100, 100.01, 100.02, 100.03, 100.04), tiny, "p99")
	assert.Less(t, *row.P, level)
	assert.Equal(t, 0.01, row.Noise, "half a percent is never a difference")
	assert.Equal(t, Undecided, row.Verdict)
}

func TestASecondMeasurementOfTheServerRaisesTheNoiseFloor(t *testing.T) {
	a, b := sideWith("x", 100, 101, 102, 103, 104), sideWith("x", 120, 121, 122, 123, 124)
	assert.Equal(t, Worse, compared(t, a, b, "p99").Verdict)
	a.Groups = append(a.Groups, sideWith("x-again", 130, 131, 132).Groups...)
	row := compared(t, a, b, "p99")
	assert.InDelta(t, 131.0/102-1, row.Noise, 1e-12)
	assert.Equal(t, Undecided, row.Verdict)
}

func TestTooFewRunsAreUndecidedAndSaySo(t *testing.T) {
	a, b := sideWith("x", 1, 1, 1), sideWith("x", 9, 9, 9)
	row := compared(t, a, b, "p99")
	assert.Equal(t, Undecided, row.Verdict)
	assert.Equal(t, "needs 4 runs of each", row.Why)
	assert.True(t, row.Lacking)
	assert.Equal(t, 1, New(a, b, Options{Metrics: []*metric.Metric{named(t, "p99")}}).Lacking)
	assert.Equal(t, Worse, compared(t, sideWith("x", 1, 1, 1.01, 1), sideWith("x", 9, 9, 9, 9.01), "p99").Verdict)
}

func TestWithoutARatioTheRangesDecide(t *testing.T) {
	zero := sideWith("x", 0, 0, 0, 0)
	row := compared(t, zero, sideWith("x", 5, 6, 7, 8), "p99")
	assert.Nil(t, row.Ratio)
	assert.Equal(t, Worse, row.Verdict)
	assert.Equal(t, Undecided, compared(t, zero, sideWith("x", 0, 6, 7, 8), "p99").Verdict)
	assert.Equal(t, Undecided, compared(t, zero, zero, "p99").Verdict)
}

func failed(r *bench.Result) *bench.Result {
	r.Failures, r.Delivery, r.Completion = []string{"1 deliveries lost"}, nil, nil
	return r
}

func TestFailedRunsHaveAVerdictOfTheirOwn(t *testing.T) {
	sound := func() []*bench.Result {
		return []*bench.Result{runOf("x", 1), runOf("x", 1), runOf("x", 1), runOf("x", 1)}
	}
	withFailed := func() *Side { return sideOf(append(sound(), failed(runOf("x", 1)))...) }
	allFailed := sideOf(failed(runOf("x", 1)))
	for _, c := range []struct {
		a, b *Side
		want Verdict
	}{
		{sideOf(sound()...), withFailed(), Worse}, {withFailed(), sideOf(sound()...), Better},
		{withFailed(), withFailed(), Undecided}, {sideOf(sound()...), allFailed, Worse},
	} {
		r := New(c.a, c.b, Options{})
		require.Len(t, r.Entries[0].Outcomes, 1)
		assert.Equal(t, c.want, r.Entries[0].Outcomes[0].Verdict)
		assert.Zero(t, r.Lacking, "more runs would fail too")
	}
	held := runOf("x", 1)
	held.HeldBack = &bench.HeldBackFigures{Late: 1}
	r := New(sideOf(sound()...), sideOf(held), Options{})
	assert.Equal(t, []Outcome{{Name: "held back", B: 1, Verdict: Worse}}, r.Entries[0].Outcomes)
}

func TestRunsThatDoNotCountAreCounted(t *testing.T) {
	invalid, cut, rejected := runOf("x", 9), runOf("x", 9), runOf("x", 9)
	invalid.Valid, invalid.Reasons, cut.Cut = false, []string{"the generator was late"}, true
	rejected.Labels = map[string]string{"rejected": "other processes used 1.00 cores"}
	overrun := failed(runOf("x", 9))
	overrun.Valid, overrun.Lost, overrun.Generator = false, 1, &bench.OwnUse{BusiestInterval: 1}
	heldAtTheLimit := runOf("x", 9)
	heldAtTheLimit.Valid, heldAtTheLimit.HeldBack = false, &bench.HeldBackFigures{}
	other := runOf("x", 9)
	other.Labels = map[string]string{"set": "old"}
	side := sideOf(runOf("x", 1), invalid, cut, rejected, overrun, heldAtTheLimit, other)
	require.Len(t, side.Groups, 1)
	assert.Equal(t, Excluded{Invalid: 3, Cut: 1, Rejected: 1, OtherSet: 1}, side.Groups[0].Excluded)
	assert.Equal(t, []float64{1}, side.Groups[0].Values(named(t, "p99")))
	assert.Len(t, side.Groups[0].Counted(), 1)
	assert.Equal(t, []string{"the generator was late", "other processes used 1.00 cores"}, side.Groups[0].WhyUnused())
	assert.Equal(t, "3 INVALID, 1 interrupted, 1 rejected by the suite, 1 of another set", side.Groups[0].Excluded.String())
}

func TestConditionsJudgeTheMediansOfB(t *testing.T) {
	r := New(sideWith("x", 100, 100, 100), sideWith("x", 1, 50, 60), Options{})
	above, err := metric.Parse("p99>49ms")
	require.NoError(t, err)
	below, err := metric.Parse("p99>50ms")
	require.NoError(t, err)
	require.NoError(t, r.Judge([]metric.Condition{above, below}))
	assert.Equal(t, []string{"p99 is 50.0 ms (p99>49ms)"}, r.Entries[0].Broken)
	assert.Equal(t, 1, r.Broken)
	upgrades, err := metric.Parse("upgrades<1")
	require.NoError(t, err)
	assert.EqualError(t, r.Judge([]metric.Condition{upgrades}), "no entry measures upgrades")
}
