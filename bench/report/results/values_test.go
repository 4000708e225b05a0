package results

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/spread"
)

func TestAFigureUsesTheRunsThatHaveIt(t *testing.T) {
	s, ok := DeliveryP99.Of([]*bench.Result{
		{Delivery: &latency.Percentiles{P99: 4}}, {}, {Delivery: &latency.Percentiles{P99: 6}},
	})
	assert.True(t, ok)
	assert.Equal(t, spread.Spread{N: 2, Median: 5, Lowest: 4, Highest: 6}, s)
	for _, e := range Entries {
		for _, f := range e.Columns {
			_, ok = f.Of([]*bench.Result{{}})
			assert.False(t, ok, "%s of an empty result", f.Title)
		}
	}
}
