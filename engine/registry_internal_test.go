package engine

import (
	"testing"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
)

func TestConnsWithinLeavesAReserve(t *testing.T) {
	for descriptors, want := range map[int]int{0: 1, 64: 1, 1024: 952, 20_000: 19_780, 1 << 20: 1_040_320} {
		assert.Equal(t, want, ConnsWithin(descriptors), "%d descriptors", descriptors)
	}
	assert.LessOrEqual(t, nbio.MaxOpenFiles, MaxDescriptors)
}
