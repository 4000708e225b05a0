package latency

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPercentilesHaveThreeSignificantDigits(t *testing.T) {
	h := NewHistogram()
	for us := int64(1); us <= 100_000; us++ {
		h.Record(us)
	}
	p := h.Percentiles()
	assert.EqualValues(t, 100_000, p.Count)
	assert.InEpsilon(t, 50, p.P50, 0.002)
	assert.InEpsilon(t, 90, p.P90, 0.002)
	assert.InEpsilon(t, 99, p.P99, 0.002)
	assert.InEpsilon(t, 99.9, p.P999, 0.002)
	assert.InEpsilon(t, 100, p.Max, 0.002)
	assert.Nil(t, NewHistogram().Percentiles(), "an empty histogram has none")
	assert.Nil(t, Histogram{}.Percentiles(), "neither has the zero one")
	h.Merge(Histogram{})
	assert.EqualValues(t, 100_000, h.Count())
}

func TestADurationOutOfRangeIsCountedAtTheEndOfTheRange(t *testing.T) {
	h := NewHistogram()
	h.Record(-5)
	h.Record(0)
	h.Record(1e12)
	assert.EqualValues(t, 3, h.Count())
	assert.Equal(t, time.Microsecond, h.At(50))
	assert.InEpsilon(t, time.Minute, h.At(100), 0.002)
}

// pair is two histograms, as in a result.
type pair struct {
	Delivery   Histogram `json:"delivery"`
	Completion Histogram `json:"completion"`
}

func TestEncodedHistogramsMergeToTheHistogramOfAll(t *testing.T) {
	left, right, all := NewHistogram(), NewHistogram(), NewHistogram()
	for us := range int64(5000) {
		all.Record(us * us)
		if us%3 == 0 {
			left.Record(us * us)
			continue
		}
		right.Record(us * us)
	}
	text, err := json.Marshal(pair{Delivery: left, Completion: right})
	require.NoError(t, err)
	var back pair
	require.NoError(t, json.Unmarshal(text, &back))
	back.Delivery.Merge(back.Completion)
	assert.Equal(t, all.Percentiles(), back.Delivery.Percentiles())
	assert.Contains(t, string(text), `{"delivery":"HISTF`, "base64 of the V2 compressed form")
	assert.Error(t, json.Unmarshal([]byte(`{"delivery":"HISTFAAA"}`), &back))
}
