package queue

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// piece is work of the stress test. Each goroutine that takes it does a part, and pushes the rest.
type piece struct {
	item  Item[piece]
	parts atomic.Int32 // number of parts that are left
	taken atomic.Int32 // number of goroutines that do a part now
	done  chan struct{}
}

func newPiece(parts int) *piece {
	p := &piece{done: make(chan struct{})}
	p.item.Of = p
	p.parts.Store(int32(parts))
	return p
}

// do does a part for a goroutine that takes Items from a shard.
func (p *piece) do(t *testing.T, q *Queue[piece], shard int) {
	if p.taken.Add(1) != 1 {
		t.Error("an Item was taken twice")
	}
	left := int(p.parts.Add(-1))
	p.taken.Add(-1)
	if left == 0 {
		close(p.done)
		return
	}
	q.Push(&p.item, left*backlog/4, shard)
}

// Each Item is pushed just when the worker that has taken the previous one parks.
func TestNoWakeUpIsLost(t *testing.T) {
	q := New[int](1)
	var taken atomic.Int64
	var serving sync.WaitGroup
	serving.Go(func() {
		for of, _ := q.Pop(0); of != nil; of, _ = q.Pop(0) {
			taken.Add(1)
		}
	})
	i, end := newItem(), time.Now().Add(time.Minute)
	for n := range int64(20_000) {
		q.Push(i, 1, Anywhere)
		for taken.Load() == n {
			if runtime.Gosched(); time.Now().After(end) {
				t.Fatalf("Item %d is not taken", n)
			}
		}
	}
	q.Close()
	serving.Wait()
}

// A goroutine pushes a piece, and waits until it is done before it pushes the next one.
func TestNoItemIsLostAndNoneIsTakenTwice(t *testing.T) {
	const workers, each = 4, 2000
	q := New[piece](workers)
	var serving, pushing sync.WaitGroup
	for worker := range workers {
		serving.Go(func() {
			for p, _ := q.Pop(worker); p != nil; p, _ = q.Pop(worker) {
				p.do(t, q, worker)
			}
		})
	}
	for n := range 3 {
		pushing.Go(func() { pushOutside(t, q, rand.New(rand.NewPCG(1, uint64(n))), each) })
		pushing.Go(func() { pushAsPoller(t, q, n, each) })
	}
	ended := make(chan struct{})
	go func() { pushing.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("an Item was not taken")
	}
	q.Close()
	serving.Wait()
	require.Zero(t, q.Len())
	require.Zero(t, q.size())
}

// pushOutside pushes pieces without a promise.
func pushOutside(t *testing.T, q *Queue[piece], random *rand.Rand, pieces int) {
	for range pieces {
		p := newPiece(1 + random.IntN(20))
		q.Push(&p.item, 1, Anywhere)
		select {
		case <-p.done:
		case <-t.Context().Done():
			return
		}
	}
}

// pushAsPoller pushes pieces with a promise, and keeps it.
func pushAsPoller(t *testing.T, q *Queue[piece], shard, pieces int) {
	for n := range pieces {
		p := newPiece(1 + n%20)
		q.Push(&p.item, n%3*backlog, shard)
		for of, _ := q.TryPop(shard); of != nil; of, _ = q.TryPop(shard) {
			of.do(t, q, shard)
		}
		select { // a worker may have taken it
		case <-p.done:
		case <-t.Context().Done():
			return
		}
	}
}
