package drive

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/clock"
	"plenum/bench/load"
)

func TestTheShortestRoundTripDecidesAboutTheOffset(t *testing.T) {
	slow, quick := reading{asked: 1000, answered: 9000, there: 100}, reading{asked: 2000, answered: 2100, there: 7050}
	ahead, uncertain := nearest([]reading{slow, quick, slow}).offset()
	assert.EqualValues(t, 5000, ahead)
	assert.EqualValues(t, 50, uncertain)
}

// farWorker is a worker whose clock is ahead, and gets further ahead by drift with each order.
type farWorker struct{ ahead, drift, shift, orders int64 }

func (f *farWorker) do(_ context.Context, o order) (answer, error) {
	f.shift, f.orders = o.Shift, f.orders+1
	return answer{Clock: clock.Monotonic() + f.ahead + f.drift*f.orders + f.shift}, nil
}

func (*farWorker) live() load.Live     { return load.Live{} }
func (*farWorker) connections() uint64 { return 0 }
func (*farWorker) stop()               {}

func TestAnAgentsClockIsShiftedToTheLeaders(t *testing.T) {
	w := &farWorker{ahead: int64(time.Hour)}
	a, err := agree(t.Context(), w)
	require.NoError(t, err)
	assert.InDelta(t, -float64(time.Hour), float64(a.shift), float64(a.uncertain))
	assert.Equal(t, a.shift, w.shift, "the agent keeps the shift")
	drift, uncertain, err := a.drift(t.Context(), w)
	require.NoError(t, err)
	assert.LessOrEqual(t, drift.Abs(), uncertain)

	w.drift = int64(time.Second)
	drift, uncertain, err = a.drift(t.Context(), w)
	require.NoError(t, err)
	assert.Greater(t, drift, 50*time.Second)
	assert.Greater(t, uncertain, 50*time.Second)
}
