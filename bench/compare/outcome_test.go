package compare

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
	"plenum/bench/metric"
)

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

func TestTooFewRunsAreNamedBesideAFailedOne(t *testing.T) {
	few := func() *Side {
		failed := runOf("x", 1)
		failed.Failures = []string{"1 deliveries lost"}
		return sideOf(runOf("x", 1), runOf("x", 1), runOf("x", 1), failed)
	}
	assert.Positive(t, New(few(), few(), Options{}).Lacking)
}

func TestAConditionIsJudgedInEntriesThatOnlyBHas(t *testing.T) {
	a, b := sideOf(with("hot", "x", 1)), sideOf(with("hot", "x", 1), with("large", "x", 1))
	r := New(a, b, Options{})
	condition, err := metric.Parse("p99>0ms")
	require.NoError(t, err)
	require.NoError(t, r.Judge([]metric.Condition{condition}))
	assert.Equal(t, 2, r.Broken)
	assert.Contains(t, strings.Join(r.Failed(), "; "), "large x, p99 is ")
}
