package page

import (
	"math"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/bench/latency"
	"plenum/bench/spread"
)

func labels(a axis) (texts []string) {
	for _, t := range a.ticks {
		texts = append(texts, t.label)
	}
	return texts
}

func TestAnAxisHasRoundTicks(t *testing.T) {
	assert.Equal(t, []string{"0.05", "0.1", "0.2", "0.5", "1", "2"}, labels(logAxis("", 0.07, 1.2)))
	assert.Equal(t, []string{"1", "2"}, labels(logAxis("", 1, 1)))
	assert.Equal(t, []string{"0.1", "1", "10", "100", "1,000", "10,000"}, labels(logAxis("", 0.1, 12_000)), "powers of ten only")
	assert.Equal(t, []string{"0", "20", "40", "60", "80", "100"}, labels(linearAxis("", 83)))
	assert.Equal(t, []string{"0", "500", "1,000", "1,500", "2,000", "2,500", "3,000", "3,500", "4,000"}, labels(linearAxis("", 3600)))
	for _, high := range []float64{0, -1, 5e-324} {
		assert.Equal(t, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}, labels(linearAxis("", high)))
	}
}

func TestAnAxisEnclosesItsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := math.Pow(10, rapid.Float64Range(-3, 5).Draw(t, "low"))
		high := low * math.Pow(10, rapid.Float64Range(0, 4).Draw(t, "ratio"))
		for _, a := range []axis{logAxis("", low, high), linearAxis("", high)} {
			assert.GreaterOrEqual(t, a.place(low), 0.0)
			assert.LessOrEqual(t, a.place(high), 1.0)
			assert.LessOrEqual(t, len(a.ticks), 2*mostTicks)
			assert.NotEmpty(t, a.ticks)
		}
	})
}

func TestLabelsDoNotOverlap(t *testing.T) {
	for n := 1.0; n <= 5; n++ {
		x := nines("", []curve{{points: []point{{n, 1}}}})
		for _, d := range draw(x, logAxis("", 1, 10), nil) {
			end := math.Inf(-1)
			for i, mark := range d.X {
				half := letter * float64(len(mark.Label)) / 2
				at := d.across(x, x.ticks[i].value)
				if mark.Label != "" {
					assert.Greater(t, at-half, end)
					assert.LessOrEqual(t, at+half, float64(d.Width), mark.Label)
					end = at + half
				}
			}
		}
	}
}

func TestALineLeavesOutPointsBetweenEqualOnes(t *testing.T) {
	x, y := axis{high: 10}, axis{high: 10}
	d := Drawing{Right: 100, Bottom: 100}
	assert.Equal(t, "M0 90L30 90L40 80", d.path(x, y, []point{{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 2}}))
	assert.Equal(t, "M0 90h0.1", d.path(x, y, []point{{0, 1}}))
}

func TestALongTimeIsInMinutes(t *testing.T) {
	hour := []curve{{points: []point{{60, 1}, {3600, 2}}}}
	d := timeDrawings("y", false, hour)[0]
	assert.Equal(t, "minutes", d.XLabel)
	assert.Equal(t, "60", d.X[len(d.X)-1].Label)
	assert.Regexp(t, `^M.*L570 28$`, d.path(linearAxis("", 60), linearAxis("", 2), hour[0].points))
	assert.Equal(t, "seconds", timeDrawings("y", false, []curve{{points: []point{{600, 1}}}})[0].XLabel)
}

func TestALatencyOf0HasAPlace(t *testing.T) {
	h := latency.NewHistogram()
	foreign := hdr.New(0, 1000, 3)
	require.NoError(t, foreign.RecordValue(0))
	text, err := foreign.Encode(hdr.V2CompressedEncodingCookieBase)
	require.NoError(t, err)
	zero, err := latency.DecodeHistogram(string(text))
	require.NoError(t, err)
	h.Merge(zero)
	require.Zero(t, h.At(0))
	assert.Equal(t, []point{{0, 0.001}}, percentiles(spread.CurveOf(h)))
}
