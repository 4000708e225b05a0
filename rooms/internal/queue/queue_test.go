package queue

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

func newItem() *Item[int] { return &Item[int]{Of: new(int)} }

func TestItemsOfAShardAreTakenInTheOrderInWhichTheyWerePushed(t *testing.T) {
	q := New[int](2)
	a, b, c := newItem(), newItem(), newItem()
	q.Push(a, 1, 1)
	q.Push(b, 1, 1)
	q.Push(c, 1, 1)
	assert.Equal(t, 3, q.Len())
	for _, want := range []struct{ of, next *int }{{a.Of, b.Of}, {b.Of, c.Of}, {c.Of, nil}, {nil, nil}} {
		of, next := q.TryPop(1)
		assert.Same(t, want.of, of)
		assert.Same(t, want.next, next)
	}
	assert.Zero(t, q.Len())
	q.Push(c, 1, 1)
	q.Push(a, 1, 1)
	of, next := q.Pop(1)
	assert.Same(t, c.Of, of)
	assert.Same(t, a.Of, next)
}

func TestAWorkerStealsIfItsOwnShardIsEmpty(t *testing.T) {
	q := New[int](3)
	a, b := newItem(), newItem()
	q.Push(a, 1, 2)
	q.Push(b, 1, 2)
	for _, want := range []*Item[int]{a, b} {
		of, next := q.Pop(1)
		assert.Same(t, want.Of, of)
		assert.Nil(t, next, "the worker's next Item is not in the shard from which it steals")
	}
	assert.Zero(t, q.Len())
}

func TestNobodyStealsIfEachWorkerHasWork(t *testing.T) {
	const workers, each = 3, 4
	q := New[int](workers)
	for n := range each {
		for shard := range workers {
			i := newItem()
			*i.Of = shard*each + n
			q.Push(i, backlog, shard)
		}
	}
	for n := range each {
		for worker := range workers {
			of, _ := q.Pop(worker)
			assert.Equal(t, worker*each+n, *of)
		}
	}
}

func TestAPollerTakesNothingFromOtherShards(t *testing.T) {
	q := New[int](2)
	q.Push(newItem(), 1, 1)
	of, _ := q.TryPop(0)
	assert.Nil(t, of)
}

// woken returns the workers, of four, that take an Item when push has run. A worker that takes an Item whose work is more
// than a backlog pushes the rest again, with the size that was left.
func woken(t *testing.T, push func(q *Queue[int])) (workers []int) {
	synctest.Test(t, func(t *testing.T) {
		q := New[int](4)
		took := make(chan int, 100)
		for worker := range 4 {
			go func() {
				of, _ := q.Pop(worker) // once
				if of == nil {
					return
				}
				if *of > backlog {
					rest := newItem()
					*rest.Of = *of - backlog
					q.Push(rest, *of, worker)
				}
				took <- worker
			}()
		}
		synctest.Wait()
		push(q)
		synctest.Wait()
		for len(took) > 0 {
			workers = append(workers, <-took)
		}
		q.Close()
	})
	return workers
}

func TestWorkersAreWokenOnlyForABacklogIfSomebodyElseTakesTheItems(t *testing.T) {
	for name, c := range map[string]struct{ size, to, want int }{
		"promised, little work":     {1024, 2, 0},
		"promised, one backlog":     {backlog, 2, 1},
		"promised, two backlogs":    {2 * backlog, 2, 2},
		"promised, very much":       {640_000, 2, 4},
		"not promised, little work": {1, Anywhere, 1},
		"not promised, a backlog":   {2 * backlog, Anywhere, 2},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Len(t, woken(t, func(q *Queue[int]) {
				i := newItem()
				*i.Of = c.size
				q.Push(i, c.size, c.to)
			}), c.want)
		})
	}
}

func TestABacklogOfManySmallPushesWakesWorkersToo(t *testing.T) {
	assert.Len(t, woken(t, func(q *Queue[int]) {
		for range backlog {
			q.Push(newItem(), 1, 3)
		}
	}), 1)
}

func TestALargeItemWakesSeveralWorkersAtOnce(t *testing.T) {
	assert.Len(t, woken(t, func(q *Queue[int]) {
		for range 3 {
			q.Push(newItem(), 1, 0)
		}
		q.Push(newItem(), 3*backlog, 0)
	}), 3)
}

func TestABacklogInASecondShardWakesASecondWorker(t *testing.T) {
	assert.Len(t, woken(t, func(q *Queue[int]) {
		q.Push(newItem(), backlog-1, 0) // wakes no worker, which could take it before the second push
		q.Push(newItem(), backlog+1, 1)
	}), 2)
}

func TestTheSizesOfItemsThatWereTakenDoNotCount(t *testing.T) {
	assert.Empty(t, woken(t, func(q *Queue[int]) {
		for range 10 {
			q.Push(newItem(), backlog-1, 0)
			_, _ = q.TryPop(0)
		}
	}))
}

// If another worker were woken, an Item could wait for workers that are busy in their own shards, while the worker of its
// shard is parked.
func TestAnItemWithoutAPromiseWakesTheOwnWorkerOfItsShard(t *testing.T) {
	assert.Equal(t, []int{1, 2, 3, 0}, woken(t, func(q *Queue[int]) {
		for range 4 {
			q.Push(newItem(), 1, Anywhere)
			synctest.Wait()
		}
	}))
}

func TestABrokenPromiseWakesAWorker(t *testing.T) {
	assert.Equal(t, []int{2}, woken(t, func(q *Queue[int]) {
		q.Push(newItem(), 1, 2)
		q.Wake(2)
	}))
}

func TestAnotherWorkerHelpsIfTheOwnOneIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New[int](2)
		took := make(chan *int, 1)
		go func() { // worker 1; worker 0 is busy, and never asks
			for of, _ := q.Pop(1); of != nil; of, _ = q.Pop(1) {
				took <- of
			}
		}()
		for range 10 {
			synctest.Wait()
			i := newItem()
			q.Push(i, 1, Anywhere)
			assert.Same(t, i.Of, <-took)
		}
		q.Close()
	})
}

// Push and Close do not see that the worker is about to park.
func TestAWorkerDoesNotParkIfItHasMissedSomething(t *testing.T) {
	for name, missed := range map[string]func(q *Queue[int]){
		"an Item in its own shard": func(q *Queue[int]) { q.Push(newItem(), 1, 0) },
		"an Item in another shard": func(q *Queue[int]) { q.Push(newItem(), 1, 1) },
		"the end":                  (*Queue[int]).Close,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := New[int](2)
				missed(q)
				q.park(0) // a deadlock fails the test
				assert.EqualValues(t, 2, q.awake.Load())
			})
		})
	}
}

func TestACloseEndsEveryPop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New[int](2)
		ended := make(chan *int, 2)
		for worker := range 2 {
			go func() { of, _ := q.Pop(worker); ended <- of }()
		}
		synctest.Wait()
		q.Close()
		assert.Nil(t, <-ended)
		assert.Nil(t, <-ended)
		q.Push(newItem(), 1, Anywhere)
		of, _ := q.Pop(0)
		assert.Nil(t, of)
		of, _ = q.TryPop(1)
		assert.Nil(t, of)
	})
}
