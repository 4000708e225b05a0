package spread

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/latency"
)

// flat returns the curve of n latencies of ms.
func flat(ms int64, n int) Curve {
	h := latency.NewHistogram()
	for range n {
		h.Record(1000 * ms)
	}
	return CurveOf(h)
}

func TestOneSlowRunDoesNotMoveTheMedianCurve(t *testing.T) {
	m := MedianCurve([]Curve{flat(1, 1000), flat(1, 1000), flat(100, 1000), flat(1, 1000)})
	assert.InDeltaSlice(t, []float64{1, 1, 1}, []float64{m.P50, m.P99, m.Max}, 0.001)
	require.Len(t, m.Nines, 61, "to 99.9 %, in steps of 0.05 nines")
	for i, v := range m.Nines {
		assert.InDelta(t, 1, v, 0.001, i)
	}
}

func TestAMedianCurveEndsWithTheShortest(t *testing.T) {
	assert.Len(t, MedianCurve([]Curve{flat(1, 10), flat(1, 1000)}).Nines, len(flat(1, 10).Nines))
}

func TestACurveRises(t *testing.T) {
	h := latency.NewHistogram()
	for us := range int64(1000) {
		h.Record(1000 + us)
	}
	c := CurveOf(h)
	assert.InDelta(t, 1.5, c.P50, 0.01)
	assert.InDelta(t, 1.9, c.Nines[20], 0.01, "1 nine is 90 %")
	assert.InDelta(t, 1.99, c.P99, 0.01)
	assert.IsNonDecreasing(t, c.Nines)
}
