package compare

import (
	"math/rand/v2"
	"slices"

	"plenum/bench/spread"
)

const (
	mostSplits  = 5000 // up to that many ways to make halves, all are tried
	drawnSplits = 2000 // if there are more ways, that many are drawn
)

// splitFloor splits values into two halves, in many ways, and compares the medians of the halves. It returns
// the 95th percentile of their relative differences. ok is false if there are fewer than two values, or if
// one is not positive.
func splitFloor(values []float64) (floor float64, ok bool) {
	if len(values) < 2 || slices.Min(values) <= 0 {
		return 0, false
	}
	var changes []float64
	eachSplit(len(values), func(inFirst []bool) {
		var first, second []float64
		for i, v := range values {
			if inFirst[i] {
				first = append(first, v)
				continue
			}
			second = append(second, v)
		}
		changes = append(changes, change(spread.Median(first), spread.Median(second)))
	})
	slices.Sort(changes)
	return percentile(changes, confidence), true
}

// change returns the relative difference of two positive values: 0.1 for 1.1 and 1, and for 1 and 1.1.
func change(a, b float64) float64 { return max(a, b)/min(a, b) - 1 }

// eachSplit calls do with ways to put n/2 of n values into the first half: all ways, or drawnSplits random
// ones. do must not keep its argument.
func eachSplit(n int, do func(inFirst []bool)) {
	inFirst := make([]bool, n)
	if ways(n) <= mostSplits {
		choose(inFirst, 0, n/2, do)
		return
	}
	random := fixed()
	for range drawnSplits {
		clear(inFirst)
		for i := range n / 2 {
			inFirst[i] = true
		}
		shuffle(random, inFirst)
		do(inFirst)
	}
}

func shuffle(random *rand.Rand, of []bool) {
	random.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
}

// choose calls do with each way to set k elements of set, from index at on.
func choose(set []bool, at, k int, do func([]bool)) {
	if k == 0 {
		do(set)
		return
	}
	for i := at; i <= len(set)-k; i++ {
		set[i] = true
		choose(set, i+1, k-1, do)
		set[i] = false
	}
}

// ways returns the number of ways to choose n/2 of n, or a number above mostSplits.
func ways(n int) int {
	total := 1
	for i := 1; i <= n/2 && total <= mostSplits; i++ {
		total = total * (n - i + 1) / i
	}
	return total
}
