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

// fixed returns a source of random numbers with a fixed seed, so that each call gives the same numbers.
func fixed() *rand.Rand { return rand.New(rand.NewPCG(20, 26)) }

// interval returns the bootstrap interval of the ratio of b's median to a's median. Samples are drawn from
// a and from b with replacement. The bounds are percentiles of the ratios of their medians. All values
// must be positive.
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

// draw fills into with random values of from, with replacement.
func draw(random *rand.Rand, into, from []float64) {
	for i := range into {
		into[i] = from[random.IntN(len(from))]
	}
}

// percentile returns the smallest of the sorted values that is not below that share of them, from 0 to 1.
func percentile(sorted []float64, share float64) float64 {
	i := int(math.Ceil(share*float64(len(sorted)))) - 1
	return sorted[max(0, i)]
}
