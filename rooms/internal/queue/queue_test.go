package queue

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

func newItem() *Item[int] { return &Item[int]{Of: new(int)} }

func TestItemsAreTakenInTheOrderInWhichTheyWerePushed(t *testing.T) {
	q := New[int](1)
	a, b, c := newItem(), newItem(), newItem()
	q.Push(a, 1, true)
	q.Push(b, 1, true)
	q.Push(c, 1, true)
	assert.Equal(t, 3, q.Len())
	for _, want := range []struct{ of, next *int }{{a.Of, b.Of}, {b.Of, c.Of}, {c.Of, nil}, {nil, nil}} {
		of, next := q.TryPop()
		assert.Same(t, want.of, of)
		assert.Same(t, want.next, next)
	}
	assert.Zero(t, q.Len())
	q.Push(c, 1, true)
	q.Push(a, 1, true)
	of, next := q.Pop()
	assert.Same(t, c.Of, of)
	assert.Same(t, a.Of, next)
}

// woken returns how many of four workers take an Item when push has run. A worker that takes an Item whose work is more
// than a backlog pushes the rest again, with the size that was left.
func woken(t *testing.T, push func(q *Queue[int])) (n int) {
	synctest.Test(t, func(t *testing.T) {
		q := New[int](4)
		took := make(chan *int, 100)
		for range 4 {
			go func() {
				of, _ := q.Pop() // once
				if of == nil {
					return
				}
				if *of > backlog {
					rest := newItem()
					*rest.Of = *of - backlog
					q.Push(rest, *of, true)
				}
				took <- of
			}()
		}
		synctest.Wait()
		push(q)
		synctest.Wait()
		n = len(took)
		q.Close()
	})
	return n
}

func TestWorkersAreWokenOnlyForABacklogIfSomebodyElseTakesTheItems(t *testing.T) {
	for name, c := range map[string]struct {
		size     int
		promised bool
		want     int
	}{
		"promised, little work":     {1024, true, 0},
		"promised, one backlog":     {backlog, true, 1},
		"promised, two backlogs":    {2 * backlog, true, 2},
		"promised, very much":       {640_000, true, 4},
		"not promised, little work": {1, false, 1},
		"not promised, a backlog":   {2 * backlog, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, woken(t, func(q *Queue[int]) {
				i := newItem()
				*i.Of = c.size
				q.Push(i, c.size, c.promised)
			}))
		})
	}
}

func TestABacklogOfManySmallPushesWakesWorkersToo(t *testing.T) {
	assert.Equal(t, 1, woken(t, func(q *Queue[int]) {
		for range backlog {
			q.Push(newItem(), 1, true)
		}
	}))
}

func TestTheSizesOfItemsThatWereTakenDoNotCount(t *testing.T) {
	assert.Zero(t, woken(t, func(q *Queue[int]) {
		for range 10 {
			q.Push(newItem(), backlog-1, true)
			_, _ = q.TryPop()
		}
	}))
}

func TestACloseEndsEveryPop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New[int](2)
		ended := make(chan *int, 2)
		for range 2 {
			go func() { of, _ := q.Pop(); ended <- of }()
		}
		synctest.Wait()
		q.Close()
		assert.Nil(t, <-ended)
		assert.Nil(t, <-ended)
		q.Push(newItem(), 1, false)
		of, _ := q.Pop()
		assert.Nil(t, of)
		of, _ = q.TryPop()
		assert.Nil(t, of)
	})
}
