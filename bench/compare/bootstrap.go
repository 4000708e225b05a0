package compare

import (
	"math"
	"math/rand/v2"
	"slices"

	"plenum/bench/spread"
)

const (
	resamples  = 10_000
	confidence = 0.95
)

// fixed returns a source of random numbers that is the same for every call.
func fixed() *rand.Rand { return rand.New(rand.NewPCG(20, 26)) }

// interval returns the bootstrap interval of the ratio of b's median to a's. Samples are drawn from a
// and from b with replacement, and the interval has the percentiles of their ratios. All values must be
// positive.
func interval(a, b []float64) (low, high float64) {
	random := fixed()
	ratios := make([]float64, resamples)
	drawnA, drawnB := make([]float64, len(a)), make([]float64, len(b))
	for i := range ratios {
		draw(random, drawnA, a)
		draw(random, drawnB, b)
		ratios[i] = spread.Median(drawnB) / spread.Median(drawnA)
	}
	slices.Sort(ratios)
	return percentile(ratios, (1-confidence)/2), percentile(ratios, (1+confidence)/2)
}

// draw fills into with values of from, with replacement.
func draw(random *rand.Rand, into, from []float64) {
	for i := range into {
		into[i] = from[random.IntN(len(from))]
	}
}

// percentile returns the smallest of sorted values that is not below a share of them.
func percentile(sorted []float64, share float64) float64 {
	i := int(math.Ceil(share*float64(len(sorted)))) - 1
	return sorted[max(0, i)]
}
