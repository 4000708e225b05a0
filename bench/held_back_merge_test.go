package bench

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/wsclient"
)

func TestHeldBackTimesOfSeveralProcessesAreMerged(t *testing.T) {
	const ms = int64(time.Millisecond)
	across := func(p load.Outcome) (q load.Outcome) { // encoded and decoded like the answer of a copy
		p.Sent, p.Due, p.Last = make([]uint64, 1), make([]int64, 1), make([]int64, 1)
		p.Delivery, p.Lag, p.Batches, p.Joins = latency.NewHistogram(), latency.NewHistogram(), latency.NewHistogram(), latency.NewHistogram()
		text, err := json.Marshal(p)
		require.NoError(t, err)
		require.NoError(t, json.NewDecoder(bytes.NewReader(text)).Decode(&q))
		return q
	}
	whole := across(load.Outcome{Refused: 3, Unsent: 1, Held: wsclient.HeldBack{Late: 2, Periods: []wsclient.Period{{From: 100 * ms, To: 300 * ms}}}})
	other := across(load.Outcome{Refused: 4, Held: wsclient.HeldBack{Late: 5, Periods: []wsclient.Period{{From: 200 * ms, To: 400 * ms}, {From: 900 * ms, To: 1200 * ms}}}})
	whole.Merge(&other)
	whole.Sent[0] = 32
	assert.EqualValues(t, 7, whole.Refused)
	assert.EqualValues(t, 1, whole.Unsent)
	figures := heldBack(&whole, time.Second)
	assert.Equal(t, &HeldBackFigures{Late: 7, ShareOfMessages: 14.0 / 40, Seconds: 0.4, ShareOfTime: 0.4}, figures, "time after the end does not count")
	assert.Nil(t, heldBack(&load.Outcome{}, time.Second))
}
