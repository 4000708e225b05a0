package load

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDeliveriesAreSampledOnlyAboveTwoMillionPerSecond(t *testing.T) {
	for rate, want := range map[float64]int{0: 1, 25_000: 1, 2e6: 1, 2.1e6: 2, 4e6: 2, 10e6: 8} {
		assert.Equal(t, want, Sampling(rate), rate)
	}
}

// This is why the percentiles of a sample are unbiased.
func TestSamplingTakesTheSameShareOfEachMemberAndMessage(t *testing.T) {
	const members, messages, sample = 1000, 800, 8
	byMember, byMessage := map[int]int{}, map[int]int{}
	for tag := range members {
		for number := range messages {
			if (tag+number)&(sample-1) == 0 {
				byMember[tag]++
				byMessage[number]++
			}
		}
	}
	for tag := range members {
		assert.Equal(t, messages/sample, byMember[tag])
	}
	for number := range messages {
		assert.Equal(t, members/sample, byMessage[number])
	}
}
