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
	runs := slices.Concat(of(Plenum, 20), of(Again, 18), of(Bun, 19), of("gws", 10), of(Raw, 90))
	lossy := synthetic.Run("echo", "coder", 1, synthetic.Sends(50))
	d := loaded(t, append(runs, lossy, synthetic.Run("echo", "coder", 2, synthetic.Fails("1 deliveries lost")))...)
	assert.Equal(t, []string{Plenum, Bun}, d.Best("echo", DeliveryRate), "raw is a lower bound, and coder lost messages")
	runs = append(runs, of("nbio", 30)...)
	assert.Equal(t, []string{"nbio"}, loaded(t, runs...).Best("echo", DeliveryRate))
}

func TestAClientShapeWithoutASecondMeasurementHasTheOthersNoise(t *testing.T) {
	d := loaded(t, synthetic.Run("echo", Plenum, 1, synthetic.Sends(10)), synthetic.Run("echo", Again, 1, synthetic.Sends(12)), synthetic.Run("echo"+OneLoop, Plenum, 1, synthetic.Sends(10)), synthetic.Run("echo"+OneLoop, Bun, 1, synthetic.Sends(11)))
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
	assert.Equal(t, "gws (not measured); coder, coder (no run counts)", d.Reasons("zipf", []string{"gws", "coder", "coder"}))
}
