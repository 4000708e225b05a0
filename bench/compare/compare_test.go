package compare

import (
	"math"
	"math/rand/v2"
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

// TestChangesAreFoundAndChanceIsNot: runs that deviate by 8 %, five of each, in 100 comparisons. The manual has
// figures of more of them.
func TestChangesAreFoundAndChanceIsNot(t *testing.T) {
	const rounds, runs = 100, 5
	random := rand.New(rand.NewPCG(3, 4))
	sample := func(scale float64) *Side {
		var figures []float64
		for range runs {
			figures = append(figures, scale*math.Exp(0.08*random.NormFloat64()))
		}
		return sideWith("x", figures...)
	}
	verdicts := func(change float64) map[Verdict]int {
		counts := map[Verdict]int{}
		for range rounds {
			counts[compared(t, sample(1), sample(change), "p99").Verdict]++
		}
		return counts
	}
	assert.Greater(t, verdicts(1)[Undecided], 94)
	slower := verdicts(1.3)
	assert.Greater(t, slower[Worse], 85)
	assert.Zero(t, slower[Better])
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
