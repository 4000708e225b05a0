package drive

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/clock"
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
	for _, o := range []string{orderProbe, orderBegin, orderRun, orderDrain, orderFinish} {
		_, err := new(localWorker).do(t.Context(), order{Do: o})
		assert.ErrorContains(t, err, fmt.Sprintf("order %q before", o))
	}
}

// lateWorker answers the first order only when the first message is due.
type lateWorker struct {
	worker
	told []int64 // Start of each order
}

func (w *lateWorker) do(ctx context.Context, o order) (answer, error) {
	if w.told = append(w.told, o.Start); len(w.told) == 1 {
		return answer{}, clock.Sleep(ctx, time.Duration(o.Start-clock.Monotonic()))
	}
	return answer{}, nil
}

// Otherwise a worker that does not know the start would count the messages of the other workers in no stage.
func TestEveryWorkerKnowsTheStartBeforeTheFirstMessageIsDue(t *testing.T) {
	w := &lateWorker{}
	l := &leader{driver: &Driver{}, workers: []worker{w}, plan: &load.Plan{}}
	require.NoError(t, l.begin(t.Context()))
	require.Greater(t, len(w.told), 1)
	assert.Greater(t, l.start, w.told[0])
	assert.Equal(t, w.told[len(w.told)-1], l.start)
}

// An order may end while its cut is on its way.
func TestACutBelongsToTheOrderBeforeIt(t *testing.T) {
	for lines, want := range map[string]int{`{"do":"cut"}{"do":"run"}`: 0, `{"do":"cut"}{"do":"run"}{"do":"cut"}`: 1} {
		orders, cuts := make(chan order, 1), make(chan struct{}, 1)
		require.NoError(t, readOrders(t.Context(), strings.NewReader(lines), orders, cuts))
		assert.Equal(t, order{Do: orderRun}, <-orders)
		assert.Len(t, cuts, want)
	}
}
