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
	const ms = time.Millisecond
	for _, c := range []struct {
		have effort
		most int
		idle float64
		want effort
	}{
		{effort{2, 0}, 2, 0.0, effort{1, mostRest}},
		{effort{1, mostRest}, 2, 0.0, effort{1, mostRest}},
		{effort{1, 5 * ms}, 2, 0.0, effort{1, mostRest}},
		{effort{1, mostRest}, 2, 0.1, effort{1, mostRest}},
		{effort{2, 0}, 2, 0.1, effort{2, 0}},
		{effort{1, 10 * ms}, 2, 0.3, effort{1, 5 * ms}},
		{effort{1, 5 * ms}, 2, 0.3, effort{1, 0}},
		{effort{1, 0}, 2, 0.3, effort{2, 0}},
		{effort{2, 0}, 2, 0.9, effort{2, 0}},
		{effort{32, 0}, 32, 0.0, effort{24, 0}},
		{effort{24, 0}, 32, 0.5, effort{25, 0}},
	} {
		assert.Equal(t, c.want, c.have.next(c.most, c.idle), "%+v", c)
	}
}

func TestOneWorkerWritesAndRestsWhileTheMachineIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		idle := 1.0
		h := New(Config{Workers: 2, AnnounceLimit: -1, Idle: func() (float64, bool) { return idle, true }})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Serve(ctx) }()
		defer func() { stop(); <-done }()

		member := join(h, "general", "Ada")
		now := func() effort {
			synctest.Wait()
			h.queue.mu.Lock()
			defer h.queue.mu.Unlock()
			return effort{h.queue.limit, time.Duration(h.rest.Load())}
		}
		period := func() effort {
			_, _ = member.member.Publish(body(t, "a message"), clock())
			time.Sleep(sharePeriod) // fake time
			return now()
		}
		assert.Equal(t, effort{1, mostRest}, now(), "at first")
		for rest := mostRest - restStep; rest >= 0; rest -= restStep {
			assert.Equal(t, effort{1, rest}, period())
		}
		assert.Equal(t, effort{2, 0}, period())
		idle = 0
		time.Sleep(10 * sharePeriod)
		assert.Equal(t, effort{2, 0}, now(), "nothing was written")
		assert.Equal(t, effort{1, mostRest}, period())
	})
}

func TestASegmentRestsBetweenTwoRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(silent())
		s := new(segment)
		took := func() time.Duration {
			begin := time.Now()
			h.await(s)
			return time.Since(begin)
		}
		assert.Zero(t, took()+took(), "no rest is set")
		h.setEffort(effort{1, mostRest})
		time.Sleep(time.Second) // fake time
		assert.Zero(t, took(), "it has not run of late")
		time.Sleep(mostRest / 4)
		assert.Equal(t, mostRest*3/4, took())
		assert.Equal(t, mostRest, took())
		time.Sleep(mostRest)
		assert.Zero(t, took(), "it comes late anyway")
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
