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
		have effort
		most int
		idle float64
		want effort
	}{
		{effort{2, 0}, 2, 0.0, effort{1, 0}},
		{effort{1, 0}, 2, 0.0, least},
		{least, 2, 0.0, least},
		{least, 2, 0.1, least},
		{effort{2, 0}, 2, 0.1, effort{2, 0}},
		{effort{1, 2 * restStep}, 2, 0.3, effort{1, restStep}},
		{effort{1, restStep}, 2, 0.3, effort{1, 0}},
		{effort{1, 0}, 2, 0.3, effort{2, 0}},
		{effort{2, 0}, 2, 0.9, effort{2, 0}},
		{effort{32, 0}, 32, 0.0, effort{24, 0}},
		{effort{24, 0}, 32, 0.5, effort{25, 0}},
	} {
		assert.Equal(t, c.want, c.have.next(c.most, c.idle), "%+v", c)
	}
}

func TestTheEffortFollowsTheMachine(t *testing.T) {
	for name, c := range map[string]struct {
		idle []float64 // by period; below 0: not known
		want []effort
	}{
		"busy, then idle": {
			[]float64{0, 1, 1, 1, 1, 1, 0, 0},
			[]effort{least, {1, 3 * restStep}, {1, 2 * restStep}, {1, restStep}, {1, 0}, {2, 0}, {1, 0}, least},
		},
		"never busy":    {[]float64{0.1, 0.1, 0.5}, []effort{{1, 0}, {1, 0}, {2, 0}}},
		"not known":     {[]float64{-1, -1}, []effort{{2, 0}, {2, 0}}},
		"known at last": {[]float64{-1, 0}, []effort{{2, 0}, {1, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				idle := 0.5
				h := New(Config{Workers: 2, AnnounceLimit: -1, Idle: func() (float64, bool) { return idle, idle >= 0 }})
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); h.Serve(ctx) }()
				defer func() { stop(); <-done }()
				member := join(h, "general", "Ada")
				now := func() effort {
					synctest.Wait()
					h.queue.mu.Lock()
					defer h.queue.mu.Unlock()
					return h.queue.effort
				}
				assert.Equal(t, least, now(), "at first")
				for i := range c.idle {
					idle = c.idle[i]
					member.member.Publish(body(t, "a message"), clock(), nil)
					time.Sleep(sharePeriod) // fake time
					assert.Equal(t, c.want[i], now(), "period %d", i)
				}
				idle = 0
				time.Sleep(10 * sharePeriod)
				assert.Equal(t, c.want[len(c.want)-1], now(), "nothing was written")
			})
		})
	}
}

func TestASegmentRestsBetweenTwoRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1)
		q.setEffort(least)
		hot, cold := new(segment), new(segment)
		pop := func() (s *segment, took time.Duration) {
			begin := time.Now()
			s = q.pop()
			q.done()
			return s, time.Since(begin)
		}
		want := func(s *segment, after time.Duration) {
			t.Helper()
			got, took := pop()
			assert.Same(t, s, got)
			assert.Equal(t, after, took)
		}
		time.Sleep(time.Second) // fake time
		q.pushResting(hot, hot, 1, 2)
		want(hot, 0)
		q.pushResting(hot, hot, 1, 2)
		want(hot, 2*least.rest)
		q.pushResting(hot, hot, 1, 1000)
		assert.Equal(t, 1, q.len())
		q.pushResting(cold, cold, 1, 1000)
		want(cold, 0)
		want(hot, mostRest)
		time.Sleep(mostRest)
		q.pushResting(hot, hot, 1, 1000)
		want(hot, 0)
		q.push(hot, hot, 1)
		want(hot, 0)
		q.setEffort(effort{workers: 1})
		q.pushResting(hot, hot, 1, 1000)
		want(hot, 0)
		assert.Zero(t, q.len())
	})
}

// A room that speaks faster than its rest lets it be written is not delayed.
func TestARoomWithAWholeChunkToWriteDoesNotRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Config{Workers: 1, AnnounceLimit: -1})
		h.queue.setEffort(effort{workers: 1, rest: mostRest})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Serve(ctx) }()
		defer func() { stop(); <-done }()
		members := joinMany(h, "general", 100)
		time.Sleep(time.Second) // fake time
		const messages = 50     // a dozen chunks
		for range messages {
			members[0].member.Publish(body(t, string(make([]byte, 20_000))), clock(), nil)
		}
		time.Sleep(2 * mostRest)
		synctest.Wait()
		assert.Len(t, members[99].seqs(t), messages)
	})
}

func TestNoMoreWorkersThanTheLimitAreActive(t *testing.T) {
	for name, free := range map[string]func(q *queue){
		"done":     (*queue).done,
		"setLimit": func(q *queue) { q.setEffort(effort{workers: 2}) },
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
