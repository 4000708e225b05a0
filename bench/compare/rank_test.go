package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// withU returns samples of n and m different values whose statistic is u: so many pairs in which the
// value of a is greater.
func withU(n, m, u int) (a, b []float64) {
	place := make([]int, n) // of each value of a among those of b
	for i := n - 1; i >= 0; i-- {
		place[i] = min(u, m)
		u -= place[i]
	}
	for i, p := range place {
		a = append(a, float64(p)-0.5+float64(i)/100)
	}
	for i := range m {
		b = append(b, float64(i))
	}
	return a, b
}

// TestTheRankTestHasThePublishedCriticalValues: the table of the largest U that is significant, two-sided
// at 5 %, of Mann and Whitney's test, as printed in textbooks.
func TestTheRankTestHasThePublishedCriticalValues(t *testing.T) {
	for _, c := range []struct{ n, m, u int }{
		{2, 8, 0}, {3, 5, 0}, {3, 6, 1}, {4, 4, 0}, {4, 5, 1}, {4, 6, 2}, {5, 5, 2}, {5, 6, 3}, {5, 7, 5}, {5, 8, 6}, {6, 6, 5}, {7, 7, 8},
		{8, 8, 13}, {9, 9, 17}, {10, 10, 23}, {12, 12, 37}, {15, 15, 64}, {20, 20, 127},
	} {
		a, b := withU(c.n, c.m, c.u)
		assert.LessOrEqual(t, rankTest(a, b), level, "%v", c)
		assert.Equal(t, rankTest(a, b), rankTest(b, a), "%v", c)
		a, b = withU(c.n, c.m, c.u+1)
		assert.Greater(t, rankTest(a, b), level, "%v", c)
	}
}

// TestTheRankTestHasPublishedProbabilities: the example in the documentation of SciPy's mannwhitneyu,
// exact and with the normal approximation.
func TestTheRankTestHasPublishedProbabilities(t *testing.T) {
	males, females := []float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12}
	assert.InDelta(t, 1.0/9, rankTest(males, females), 1e-12)
	assert.InDelta(t, 2.0/70, rankTest([]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}), 1e-12, "2 of 70 orders")
	assert.Equal(t, 1.0, rankTest([]float64{7, 7, 7, 7}, []float64{7, 7, 7, 7}))
}

func TestTheRankTestIsExactForEqualValues(t *testing.T) {
	a, b := []float64{1, 2, 2, 3}, []float64{2, 4, 4, 5}
	all := append(append([]float64{}, a...), b...)
	distance := func(u float64) float64 { return max(u, 16-u) }
	atLeast, total := 0, 0
	choose(make([]bool, len(all)), 0, len(a), func(inA []bool) {
		total++
		var x, y []float64
		for i, v := range all {
			if inA[i] {
				x = append(x, v)
				continue
			}
			y = append(y, v)
		}
		if distance(statistic(x, y)) >= distance(statistic(a, b)) {
			atLeast++
		}
	})
	assert.Equal(t, 70, total)
	assert.InDelta(t, float64(atLeast)/float64(total), rankTest(a, b), 1e-12)
}

// statistic counts the pairs in which the value of a is greater; equal values count half.
func statistic(a, b []float64) (u float64) {
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	return u
}

func TestTheLeastNumberOfRunsIsThatAtWhichTheTestReachesTheLevel(t *testing.T) {
	for _, c := range []struct{ n, m, want int }{
		{0, 0, 4}, {1, 1, 4}, {3, 3, 4}, {4, 4, 1}, {5, 1, 3}, {5, 3, 1}, {8, 1, 2}, {8, 2, 1}, {39, 1, 1}, {38, 1, 2},
	} {
		runs := runsNeeded(c.n, c.m)
		assert.Equal(t, c.want, runs, "%v", c)
		n, m := max(c.n, runs), max(c.m, runs)
		a, b := withU(n, m, 0)
		assert.InDelta(t, rankTest(a, b), leastP(n, m), 1e-12)
		assert.LessOrEqual(t, leastP(n, m), level)
	}
	assert.InDelta(t, 0.1, leastP(3, 3), 1e-12, "which is why three runs are too few")
}
