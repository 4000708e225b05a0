package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/spread"
)

// of returns one run of a target in echo per rate of thousand deliveries per second.
func of(target string, rates ...float64) (runs []*bench.Result) {
	for i, rate := range rates {
		runs = append(runs, aRun("echo", target, i+1, sends(rate)))
	}
	return runs
}

func together(lists ...[]*bench.Result) (runs []*bench.Result) {
	for _, list := range lists {
		runs = append(runs, list...)
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
		d := loaded(t, together(of(plenum, c.mine...), of(again, noise*spread.Of(c.mine).Median), of(bun, c.theirs...))...)
		assert.Equal(t, c.want, d.ahead("echo", deliveryRate, plenum, bun), name)
	}
	d := loaded(t, together(of(plenum, 20), of(bun, 10))...)
	assert.False(t, d.ahead("echo", deliveryRate, plenum, bun), "without a noise floor")
	assert.Empty(t, d.best("echo", deliveryRate))
}

func TestServersThatTieWithTheBestAreMarkedWithIt(t *testing.T) {
	runs := together(of(plenum, 20), of(again, 18), of(bun, 19), of("gws", 10), of(raw, 90))
	lossy := aRun("echo", "coder", 1, sends(50))
	d := loaded(t, append(runs, lossy, aRun("echo", "coder", 2, fails("1 deliveries lost")))...)
	assert.Equal(t, []string{plenum, bun}, d.best("echo", deliveryRate), "raw is a lower bound, and coder lost messages")
	runs = append(runs, of("nbio", 30)...)
	assert.Equal(t, []string{"nbio"}, loaded(t, runs...).best("echo", deliveryRate))
}

func TestAClientShapeWithoutASecondMeasurementHasTheOthersNoise(t *testing.T) {
	d := loaded(t, aRun("echo", plenum, 1, sends(10)), aRun("echo", again, 1, sends(12)), aRun("echo"+oneLoop, plenum, 1, sends(10)), aRun("echo"+oneLoop, bun, 1, sends(11)))
	floor, known := d.withOneLoop().floor("echo", deliveryRate)
	assert.True(t, known)
	assert.InDelta(t, 1.2, floor, 1e-9)
	assert.Equal(t, []string{bun, plenum}, d.withOneLoop().best("echo", deliveryRate))
}

func TestAServerWithoutAFigureHasAReason(t *testing.T) {
	d := loaded(t, aRun("echo", "gws", 1), aRun("fan-hot-1000", "bun-tuned", 1), aRun("fan-hot-10000", plenum, 1), aRun("zipf", "coder", 1, rejects("busy")),
		aRun("zipf", "nbio", 1, fails("1 deliveries lost")))
	d.skipped = []skip{{ktor, "mvn is not on PATH; --targets measures it anyway"}}
	for name, want := range map[string]string{
		"gws": notMeasured, "bun-tuned": leftOut, "coder": "no run counts", "nbio": "failed 1 of 1", ktor: "skipped, mvn is not on PATH", uws: notMeasured,
	} {
		assert.Equal(t, want, d.absent("zipf", name), name)
	}
	assert.Equal(t, leftOut, d.absent("fan-hot-10000", "gws"))
	assert.Contains(t, strings.Join(strings.Fields(missingText(d, "fan-hot-10000")), " "), "gws (left out by the suite)")
	assert.Contains(t, missingText(d, "fan-hot-10000"), "The choice of servers: the others fail")
	assert.Equal(t, "gws (not measured); coder, coder (no run counts)", d.reasons("zipf", []string{"gws", "coder", "coder"}))
}

func TestEntriesWhoseRunsDoNotCountAreNamedWithAReason(t *testing.T) {
	d := loaded(t, aRun("echo", plenum, 1, rejects("other processes used 1.8 cores")), aRun("echo", bun, 1, isCut), aRun("zipf", plenum, 1))
	text := unmeasuredPart(d)
	assert.Contains(t, text, "- Without runs that count: echo (plenum 1 rejected, bun 1 cut; for example plenum: other processes used 1.8 cores).")
	assert.NotContains(t, text, "; echo;")
}
