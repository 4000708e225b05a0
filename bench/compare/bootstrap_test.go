package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTheIntervalHasTheExactPercentilesOfTheBootstrap: the median of a drawn sample of n is at most the
// k-th value if more than half of the draws are. So its distribution is binomial. With 5 runs, the
// percentiles 2.5 and 97.5 are the lowest and the highest value; with 7 and 9, the second ones.
func TestTheIntervalHasTheExactPercentilesOfTheBootstrap(t *testing.T) {
	for n, from := range map[int]int{3: 0, 5: 0, 7: 1, 9: 1} {
		assert.Greater(t, medianWithin(n, from+1), 0.025)
		assert.Less(t, medianWithin(n, from), 0.025)
		var values []float64
		for i := range n {
			values = append(values, float64(10+i))
		}
		low, high := interval([]float64{2, 2, 2}, values)
		assert.Equal(t, [2]float64{values[from] / 2, values[n-1-from] / 2}, [2]float64{low, high}, "%d runs", n)
	}
}

// medianWithin returns the probability that the median of n draws is one of the k lowest of n values.
func medianWithin(n, k int) (p float64) {
	for hits := n/2 + 1; hits <= n; hits++ {
		ways := math.Round(math.Gamma(float64(n+1)) / math.Gamma(float64(hits+1)) / math.Gamma(float64(n-hits+1)))
		share := float64(k) / float64(n)
		p += ways * math.Pow(share, float64(hits)) * math.Pow(1-share, float64(n-hits))
	}
	return p
}

func TestTheIntervalIsTheSameEachTime(t *testing.T) {
	a, b := []float64{1, 2, 3, 4, 5}, []float64{2, 3, 4, 5, 7}
	low, high := interval(a, b)
	for range 3 {
		l, h := interval(a, b)
		assert.Equal(t, [2]float64{low, high}, [2]float64{l, h})
	}
	assert.Equal(t, []float64{1, 2, 3, 4, 5}, a, "the samples are not changed")
}

// TestTheIntervalCoversTheTrueRatio: of samples from two known distributions whose medians have the ratio
// 1.5, the interval must contain that ratio about as often as it promises.
func TestTheIntervalCoversTheTrueRatio(t *testing.T) {
	const ratio, rounds, runs = 1.5, 100, 12
	random := rand.New(rand.NewPCG(1, 2))
	sample := func(scale float64) (values []float64) {
		for range runs {
			values = append(values, scale*math.Exp(0.1*random.NormFloat64()))
		}
		return values
	}
	covered := 0
	for range rounds {
		if low, high := interval(sample(1), sample(ratio)); low <= ratio && ratio <= high {
			covered++
		}
	}
	assert.GreaterOrEqual(t, covered, 90, "of 100")
}
