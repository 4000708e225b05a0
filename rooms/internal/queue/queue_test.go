package queue

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func newItem() *Item[int] { return &Item[int]{Of: new(int)} }

func TestPacingFollowsTheIdleShareOfTheMachine(t *testing.T) {
	for _, c := range []struct {
		have Pacing
		most int
		idle float64
		want Pacing
	}{
		{Pacing{2, 0}, 2, 0.0, Pacing{1, 0}},
		{Pacing{1, 0}, 2, 0.0, Slowest},
		{Slowest, 2, 0.0, Slowest},
		{Slowest, 2, 0.1, Slowest},
		{Pacing{2, 0}, 2, 0.1, Pacing{2, 0}},
		{Pacing{1, 2 * delayStep}, 2, 0.3, Pacing{1, delayStep}},
		{Pacing{1, delayStep}, 2, 0.3, Pacing{1, 0}},
		{Pacing{1, 0}, 2, 0.3, Pacing{2, 0}},
		{Pacing{2, 0}, 2, 0.9, Pacing{2, 0}},
		{Pacing{32, 0}, 32, 0.0, Pacing{24, 0}},
		{Pacing{24, 0}, 32, 0.5, Pacing{25, 0}},
	} {
		assert.Equal(t, c.want, c.have.next(c.most, c.idle), "%+v", c)
	}
}

func TestAnItemIsDelayedBetweenTwoPops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New[int](1)
		q.SetPacing(Slowest)
		hot, cold := newItem(), newItem()
		pop := func() (i *int, took time.Duration) {
			begin := time.Now()
			i = q.Pop()
			q.Done()
			return i, time.Since(begin)
		}
		want := func(i *Item[int], after time.Duration) {
			t.Helper()
			got, took := pop()
			assert.Same(t, i.Of, got)
			assert.Equal(t, after, took)
		}
		time.Sleep(time.Second) // fake time
		q.PushDelayed(hot, 2)
		want(hot, 0)
		q.PushDelayed(hot, 2)
		want(hot, 2*Slowest.Delay)
		q.PushDelayed(hot, 1000)
		assert.Equal(t, 1, q.Len())
		q.PushDelayed(cold, 1000)
		want(cold, 0)
		want(hot, maxDelay)
		time.Sleep(maxDelay)
		q.PushDelayed(hot, 1000)
		want(hot, 0)
		q.Push(hot)
		want(hot, 0)
		q.SetPacing(Pacing{Workers: 1})
		q.PushDelayed(hot, 1000)
		want(hot, 0)
		assert.Zero(t, q.Len())
	})
}

func TestNoMoreWorkersAreActiveThanThePacingAllows(t *testing.T) {
	for name, free := range map[string]func(q *Queue[int]){
		"Done":      (*Queue[int]).Done,
		"SetPacing": func(q *Queue[int]) { q.SetPacing(Pacing{Workers: 2}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := New[int](1)
				first, second := newItem(), newItem()
				q.Push(first)
				assert.Same(t, first.Of, q.Pop())
				q.Push(second)
				var popped atomic.Pointer[int]
				go func() { popped.Store(q.Pop()) }()
				synctest.Wait()
				assert.Nil(t, popped.Load())
				free(q)
				q.Push(first) // wakes a worker that is allowed
				synctest.Wait()
				assert.Same(t, second.Of, popped.Load())
			})
		})
	}
}
