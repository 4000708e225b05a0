package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheNoiseFloorIsTheChangeBetweenHalvesOfTheRuns(t *testing.T) {
	for _, c := range []struct {
		want   float64
		values []float64
	}{
		{0, []float64{5, 5, 5, 5}},
		{0.1, []float64{100, 110}},
		{0.35, []float64{2, 2.8, 2, 2.6}}, // of the three ways, 2 and 2 differ most from 2.6 and 2.8
		{0.25, []float64{4, 4, 5, 5, 5}},  // 4 and 4, 5 and 5 and 5
	} {
		floor, ok := splitFloor(c.values)
		assert.True(t, ok)
		assert.InDelta(t, c.want, floor, 1e-12, "%v", c.values)
	}
	for _, values := range [][]float64{nil, {1}, {0, 1, 2, 3}, {-1, 1}} {
		_, ok := splitFloor(values)
		assert.False(t, ok, "%v", values)
	}
}

func TestTheNoiseFloorFallsWithTheNumberOfRuns(t *testing.T) {
	floors := map[int]float64{}
	for _, n := range []int{6, 14, 15, 60} { // up to 14, all halves are tried
		var values []float64
		for i := range n {
			values = append(values, 100+float64(i*7%10))
		}
		floors[n], _ = splitFloor(values)
		again, _ := splitFloor(values)
		assert.Equal(t, floors[n], again, "the same each time")
	}
	assert.Greater(t, floors[6], floors[14])
	assert.InDelta(t, floors[14], floors[15], 0.02)
	assert.Greater(t, floors[15], floors[60])
}

func TestEachWayToMakeHalvesIsTriedOnce(t *testing.T) {
	for n, want := range map[int]int{2: 2, 3: 3, 4: 6, 5: 10, 14: 3432, 15: drawnSplits, 40: drawnSplits} {
		seen, calls := map[string]bool{}, 0
		eachSplit(n, func(inFirst []bool) {
			calls++
			key, size := "", 0
			for _, in := range inFirst {
				if in {
					key, size = key+"1", size+1
					continue
				}
				key += "0"
			}
			assert.Equal(t, n/2, size)
			seen[key] = true
		})
		assert.Equal(t, want, calls)
		if want != drawnSplits {
			assert.Len(t, seen, want)
		}
	}
}
