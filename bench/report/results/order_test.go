package results

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/markdown"
	"plenum/bench/spread"
)

// of returns one run of a target in echo per rate of thousand deliveries per second.
func of(target string, rates ...float64) (runs []*bench.Result) {
	for i, rate := range rates {
		runs = append(runs, synthetic.Run("echo", target, i+1, synthetic.Sends(rate)))
	}
	return runs
}

func TestAnOrderIsClaimedOnlyBeyondTheNoise(t *testing.T) {
	const noise = 1.1 // of plenum to plenum
	for name, c := range map[string]struct {
		mine, theirs []float64
		want         bool
	}{
		"far apart":                         {[]float64{20, 21, 22}, []float64{10, 11, 12}, true},
		"worse":                             {[]float64{10, 11, 12}, []float64{20, 21, 22}, false},
		"within the noise floor":            {[]float64{10.5, 10.6, 10.7}, []float64{10, 10.1, 10.2}, false},
		"medians apart, but the runs mixed": {[]float64{9, 20, 21}, []float64{10, 11, 12}, false},
		"one run of five is an outlier":     {[]float64{20, 21, 22, 23, 9}, []float64{10, 10, 10, 10, 10}, false},
		"nine of ten pairs agree":           {[]float64{20, 21, 22, 23, 14}, []float64{10, 10, 10, 10, 15}, true},
	} {
		d := loaded(t, slices.Concat(of(Plenum, c.mine...), of(Again, noise*spread.Of(c.mine).Median), of(Bun, c.theirs...))...)
		assert.Equal(t, c.want, d.Ahead("echo", DeliveryRate, Plenum, Bun), name)
	}
	d := loaded(t, slices.Concat(of(Plenum, 20), of(Bun, 10))...)
	assert.False(t, d.Ahead("echo", DeliveryRate, Plenum, Bun), "without a noise floor")
	assert.Empty(t, d.Best("echo", DeliveryRate))
}

func TestServersThatTieWithTheBestAreMarkedWithIt(t *testing.T) {
	runs := slices.Concat(of(Plenum, 20, 20), of(Again, 18, 18), of(Bun, 19, 19), of("gws", 10, 10), of(Raw, 90, 90), of("coder", 50, 50))
	d := loaded(t, append(runs, synthetic.Run("echo", "coder", 3, synthetic.Fails("1 deliveries lost")))...)
	assert.Equal(t, []string{Plenum, Bun}, d.Best("echo", DeliveryRate), "raw is a lower bound, and coder lost messages")
	runs = append(runs, of("nbio", 60, 60)...)
	assert.Equal(t, []string{"nbio"}, loaded(t, runs...).Best("echo", DeliveryRate))
}

func TestOneRunOfAServerShowsNoOrder(t *testing.T) {
	d := loaded(t, slices.Concat(of(Plenum, 20, 20), of(Again, 20), of(Bun, 10, 10), of("gws", 40))...)
	assert.True(t, d.Ahead("echo", DeliveryRate, Plenum, Bun))
	assert.False(t, d.Ahead("echo", DeliveryRate, "gws", Plenum))
	assert.False(t, d.Tied("echo", DeliveryRate, []float64{20}, []float64{20, 20}))
	assert.Equal(t, []string{Plenum}, d.Best("echo", DeliveryRate), "gws has one run")
}

func TestAFailureOfTheGeneratorDoesNotCountAgainstAPeer(t *testing.T) {
	overrun := func(target string) *bench.Result { return synthetic.Run("echo", target, 3, synthetic.Overruns) }
	d := loaded(t, append(slices.Concat(of(Plenum, 10, 10), of(Again, 10, 10), of(Bun, 20, 20)), overrun(Bun))...)
	assert.Equal(t, []string{Bun}, d.Best("echo", DeliveryRate))
	d = loaded(t, append(slices.Concat(of(Plenum, 30, 30), of(Again, 30, 30), of(Bun, 20, 20)), overrun(Plenum))...)
	assert.NotContains(t, d.Sound("echo", DeliveryRate), Plenum, "plenum's own failures always count")
}

func TestAServerMayHaveANameThatBeginsLikePlenums(t *testing.T) {
	d := loaded(t, synthetic.Run("echo", Plenum, 1), synthetic.Run("echo", "plenum-new", 1), synthetic.Run("echo", Again, 1), synthetic.Run("echo", Compressed, 1))
	assert.Equal(t, []string{Plenum, "plenum-new"}, d.Measured("echo"))
}

func TestAClientShapeWithoutASecondMeasurementHasTheOthersNoise(t *testing.T) {
	one := func(target string, repeat int, rate float64) *bench.Result {
		return synthetic.Run("echo"+OneLoop, target, repeat, synthetic.Sends(rate))
	}
	d := loaded(t, append(slices.Concat(of(Plenum, 10), of(Again, 12)), one(Plenum, 1, 10), one(Plenum, 2, 10), one(Bun, 1, 11), one(Bun, 2, 11))...)
	floor, known := d.WithOneLoop().Floor("echo", DeliveryRate)
	assert.True(t, known)
	assert.InDelta(t, 1.2, floor, 1e-9)
	assert.Equal(t, []string{Bun, Plenum}, d.WithOneLoop().Best("echo", DeliveryRate))
}

func TestAServerWithoutAFigureHasAReason(t *testing.T) {
	d := loaded(t, synthetic.Run("echo", "gws", 1), synthetic.Run("fan-hot-1000", "bun-tuned", 1), synthetic.Run("fan-hot-10000", Plenum, 1), synthetic.Run("zipf", "coder", 1, synthetic.Rejects("busy")),
		synthetic.Run("zipf", "nbio", 1, synthetic.Fails("1 deliveries lost")))
	d.Skipped = []Skip{{Name: Ktor, Why: "mvn is not on PATH; --targets measures it anyway"}}
	for name, want := range map[string]string{
		"gws": markdown.NotMeasured, "bun-tuned": LeftOut, "coder": "no run counts", "nbio": "failed 1 of 1", Ktor: "skipped, mvn is not on PATH", Uws: markdown.NotMeasured,
	} {
		assert.Equal(t, want, d.Absent("zipf", name), name)
	}
	assert.Equal(t, LeftOut, d.Absent("fan-hot-10000", "gws"))
	assert.Equal(t, "no figure above 0", d.Absent("echo", "gws"), "a sound run without latencies")
	assert.Equal(t, "gws (not measured); coder, coder (no run counts)", d.Reasons("zipf", []string{"gws", "coder", "coder"}))
}
