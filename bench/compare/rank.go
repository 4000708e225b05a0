package compare

import (
	"math"

	"github.com/aclements/go-moremath/stats"
)

// level is the significance level of the rank test: a difference counts if its p is not above level.
const level = 0.05

// rankTest returns the two-sided p of the test of Mann and Whitney. Each sample must have a value or more.
func rankTest(a, b []float64) float64 {
	result, err := stats.MannWhitneyUTest(a, b, stats.LocationDiffers)
	if err != nil { // all values are equal
		return 1
	}
	return min(1, result.P)
}

// leastP returns the lowest p that the test can reach with samples of n and m values. It is 2 divided by the
// number of ways to choose which of all sorted values belong to the first sample.
func leastP(n, m int) float64 {
	orders := 1.0
	for i := 1; i <= min(n, m); i++ {
		orders *= float64(max(n, m)+i) / float64(i)
	}
	return math.Min(1, 2/orders)
}

// runsNeeded returns the least number of runs that each sample must have, so that the test can reach the
// level. A sample of n or m that has more runs keeps them.
func runsNeeded(n, m int) (runs int) {
	for runs = 1; leastP(max(n, runs), max(m, runs)) > level; {
		runs++
	}
	return runs
}
