package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/latency"
	"plenum/bench/spread"
)

func TestNumbersHaveThreeSignificantDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.01234: "0.0123", 0.9996: "1.00", 1: "1.00", 12.345: "12.3", 99.96: "100", 123.4: "123",
		999.9: "1,000", 1234: "1,230", 19000: "19,000", 123456: "123,000", 999_900: "1.00 M", 3_996_000: "4.00 M",
		12_345_678: "12.3 M", -1.5: "-1.50", -1234: "-1,230",
	} {
		assert.Equal(t, want, number(v), v)
	}
}

func TestAFigureUsesTheRunsThatHaveIt(t *testing.T) {
	s, ok := deliveryP99.of([]*bench.Result{
		{Delivery: &latency.Percentiles{P99: 4}}, {}, {Delivery: &latency.Percentiles{P99: 6}},
	})
	assert.True(t, ok)
	assert.Equal(t, spread.Spread{N: 2, Median: 5, Lowest: 4, Highest: 6}, s)
	for _, e := range entries {
		for _, f := range e.columns {
			_, ok = f.of([]*bench.Result{{}})
			assert.False(t, ok, "%s of an empty result", f.title)
		}
	}
}
