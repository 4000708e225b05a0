// Package queue holds work that waits for workers, and wakes them.
//
// A piece of work is an Item, which is a field of its owner. An Item is in the queue at most once.
// The queue is divided into shards, so that processors seldom wait for each other's locks. A shard is
// a linked list of the Items themselves, so it allocates nothing and needs no bound.
//
// There is one shard per worker, and it has the worker's number. A worker takes Items from its own
// shard. If that is empty, it steals one from another shard. A poller is a goroutine that is no worker: it
// takes Items from the shard that it pushes to.
//
// No Item is forgotten. A push without a promise wakes the shard's own worker if that is parked, and a worker
// parks only if no Item is in the queue. A promise is described at Push.
//
// All methods of Queue may be called from any goroutine. The locks of the shards are the last in any
// lock order: nothing is called while one is held.
package queue

import "sync/atomic"

// Queue is a queue that is first-in, first-out in each shard.
type Queue[T any] struct {
	shards []shard[T] // set at creation

	// Atomic.
	awake  atomic.Int32 // number of workers that are not parked
	closed atomic.Bool
	pushes atomic.Uint32 // number of Items that were pushed to Anywhere
}

// Item is a piece of work. Its owner sets Of once, before the first push.
type Item[T any] struct {
	Of *T // the owner; returned by Pop and TryPop

	// Guarded by shard.mu; while the Item is in no shard, owned by the goroutine that pushes it.
	next *Item[T]
	size int
}

// New returns a Queue for a number of workers.
func New[T any](workers int) *Queue[T] {
	q := &Queue[T]{shards: make([]shard[T], workers)}
	for i := range q.shards {
		q.shards[i].wake = make(chan struct{}, 1)
	}
	q.awake.Store(int32(workers))
	return q
}

// Shards returns the number of shards and of workers.
func (q *Queue[T]) Shards() int { return len(q.shards) }

// Anywhere is the argument of Push if the caller does not promise that the Item is taken.
const Anywhere = -1

// backlog is the size of the Items for which one worker is to be awake, if a promise was made for them. To wake a worker costs
// about as much as ten writes, and one thread joins more messages per write than two.
const backlog = 2048

// Push adds an Item that is in no shard. size is the amount of its work.
//
// If to is the number of a shard, the caller promises that a goroutine calls TryPop of this shard soon, until it returns nil.
// Then workers are woken only if a backlog waits in the shard: one worker is to be awake per backlog that waits in all
// shards. If to is Anywhere, the Item goes to the next shard in turn, and one more worker is woken.
func (q *Queue[T]) Push(i *Item[T], size, to int) {
	wanted := 0
	if to == Anywhere {
		to, wanted = int(q.pushes.Add(1)%uint32(len(q.shards))), 1
	}
	if q.shards[to].add(i, size) >= backlog && !q.allAwake() {
		wanted = max(wanted, q.size()/backlog-int(q.awake.Load()))
	}
	q.wake(to, wanted)
}

// Wake wakes a worker, the shard's own one first. It is called if the promise to empty a shard cannot be kept.
func (q *Queue[T]) Wake(shard int) { q.wake(shard, 1) }

// wake wakes n workers, the shard's own one first. If fewer are parked, it wakes these. The workers that are awake look into
// all shards before they park.
func (q *Queue[T]) wake(shard, n int) {
	for i := 0; n > 0 && i < len(q.shards) && !q.allAwake(); i++ {
		if q.unpark(q.after(shard, i)) {
			n--
		}
	}
}

func (q *Queue[T]) allAwake() bool { return int(q.awake.Load()) == len(q.shards) }

// after returns the number of the shard that comes i shards after another one.
func (q *Queue[T]) after(shard, i int) int { return (shard + i) % len(q.shards) }

// Pop waits for an Item and takes it from the worker's own shard, or if that is empty, from another one. It returns the Item's
// Of. If the Item is from the worker's own shard, next is as in TryPop, otherwise nil. Pop returns nil if the queue is closed.
// The caller is the worker with that number.
func (q *Queue[T]) Pop(worker int) (of, next *T) {
	for looks := 0; !q.closed.Load(); looks += len(q.shards) {
		if of, next = q.shards[worker].take(); of != nil {
			return of, next
		}
		if of = q.steal(worker); of != nil {
			return of, nil
		}
		if looks < maxLooks && q.awake.Load() > 1 {
			continue // another worker may be about to push the rest of its work
		}
		q.park(worker)
		looks = 0
	}
	return nil, nil
}

// maxLooks is the number of shards that a worker looks into before it parks, while another worker is awake. That takes some
// microseconds. A large room is a single Item. Each time that a worker takes a part of it, it is in no shard for about as
// long. To park and to be woken takes ten times as long.
const maxLooks = 2000

// steal takes an Item from another shard than the worker's own, and returns its Of. It returns nil if none waits.
func (q *Queue[T]) steal(worker int) *T {
	for i := 1; i < len(q.shards); i++ {
		if of, _ := q.shards[q.after(worker, i)].take(); of != nil {
			return of
		}
	}
	return nil
}

// park waits until the worker is woken. It first sets parked, and then looks for Items once more. So either it sees an Item,
// or the goroutine that pushes the Item sees that the worker is parked.
func (q *Queue[T]) park(worker int) {
	s := &q.shards[worker]
	q.awake.Add(-1)
	s.parked.Store(true)
	if q.closed.Load() || q.Len() > 0 {
		q.unpark(worker) // or another goroutine has done it just now
	}
	<-s.wake
}

// unpark wakes a worker. It returns false if the worker is not parked.
func (q *Queue[T]) unpark(worker int) bool {
	s := &q.shards[worker]
	if !s.parked.Load() || !s.parked.CompareAndSwap(true, false) {
		return false
	}
	q.awake.Add(1)
	s.wake <- struct{}{}
	return true
}

// TryPop takes the first Item of a shard and returns its Of. It returns nil if no Item waits there, or if the queue is closed.
// next is the Of of the Item after it, which stays in the shard, or nil if there is none.
func (q *Queue[T]) TryPop(shard int) (of, next *T) {
	if q.closed.Load() {
		return nil, nil
	}
	return q.shards[shard].take()
}

// Len returns the number of Items in the queue.
func (q *Queue[T]) Len() (n int) {
	for i := range q.shards {
		n += int(q.shards[i].n.Load())
	}
	return n
}

// size returns the sum of the sizes of all Items in the queue.
func (q *Queue[T]) size() (n int) {
	for i := range q.shards {
		n += int(q.shards[i].size.Load())
	}
	return n
}

// Close lets every Pop and TryPop return nil from now on. Items in the queue stay there.
func (q *Queue[T]) Close() {
	q.closed.Store(true)
	for i := range q.shards {
		q.unpark(i)
	}
}
