package drive

import (
	"fmt"
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

// The orders of an agent come from another machine.
func TestAnOrderBeforeTheFirstIsAnError(t *testing.T) {
	for _, o := range []string{orderProbe, orderRun, orderDrain, orderFinish} {
		_, err := new(localWorker).do(t.Context(), order{Do: o})
		assert.ErrorContains(t, err, fmt.Sprintf("order %q before", o))
	}
}
