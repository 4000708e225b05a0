package rooms

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestWorkersShareWhatTheMachineHasLeft(t *testing.T) {
	for _, c := range []struct {
		limit, most int
		idle        float64
		want        int
	}{
		{2, 2, 0.0, 1},
		{1, 2, 0.0, 1},
		{1, 2, 0.1, 1},
		{2, 2, 0.1, 2},
		{1, 2, 0.3, 2},
		{2, 2, 0.9, 2},
		{32, 32, 0.0, 24},
		{24, 32, 0.5, 25},
	} {
		assert.Equal(t, c.want, shared(c.limit, c.most, c.idle), "%+v", c)
	}
}

func TestOneWorkerWritesWhileTheMachineIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		idle := 0.0
		h := New(Config{Workers: 2, AnnounceLimit: -1, Idle: func() (float64, bool) { return idle, true }})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Serve(ctx) }()
		defer func() { stop(); <-done }()

		member := join(h, "general", "Ada")
		period := func() (limit int) {
			_, _ = member.member.Publish(body(t, "a message"), clock())
			time.Sleep(sharePeriod) // fake time
			synctest.Wait()
			h.queue.mu.Lock()
			defer h.queue.mu.Unlock()
			return h.queue.limit
		}
		assert.Equal(t, 1, period())
		idle = 1
		assert.Equal(t, 2, period())
	})
}

func TestNoMoreWorkersThanTheLimitAreActive(t *testing.T) {
	for name, free := range map[string]func(q *queue){
		"done":     (*queue).done,
		"setLimit": func(q *queue) { q.setLimit(2) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(1)
				first, second := new(segment), new(segment)
				q.push(first, first, 1)
				assert.Same(t, first, q.pop())
				q.push(second, second, 1)
				var popped atomic.Pointer[segment]
				go func() { popped.Store(q.pop()) }()
				synctest.Wait()
				assert.Nil(t, popped.Load())
				free(q)
				q.push(first, first, 1) // wakes whoever may come
				synctest.Wait()
				assert.Same(t, second, popped.Load())
			})
		})
	}
}
