package drive

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"plenum/bench/load"
	"plenum/bench/observe"
)

func TestMoreConnectionsThanDescriptorsNeedCopies(t *testing.T) {
	p := &load.Plan{Sizes: []int{int(observe.DescriptorLimit())}}
	_, err := (&Driver{}).workers(t.Context(), p)
	assert.ErrorContains(t, err, "more than the descriptor limit")
	assert.Equal(t, 2, p.Shards)
}
