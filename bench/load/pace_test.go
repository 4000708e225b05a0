package load

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"plenum/bench/clock"
)

func TestAHitIsAwaitedUntilItIsDueAndNotLonger(t *testing.T) {
	s := Schedule{Start: clock.Monotonic(), Rate: 20}
	for i := range 3 {
		assert.True(t, Await(t.Context(), s, i))
		assert.GreaterOrEqual(t, clock.Monotonic(), s.Due(i))
	}
	begin := clock.Monotonic()
	assert.True(t, Await(t.Context(), s, 0), "it was due long ago")
	assert.Less(t, clock.Monotonic()-begin, int64(time.Second))
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	assert.False(t, Await(ctx, Schedule{Start: clock.Monotonic() + int64(time.Hour), Rate: 1}, 0))
}
