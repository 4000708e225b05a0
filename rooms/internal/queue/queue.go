// Package queue holds work that waits for workers, and wakes them.
//
// A piece of work is an Item, which is a field of its owner. An Item is in the queue at most once.
// The queue is a linked list of the Items themselves, so it allocates nothing and needs no bound.
//
// All methods of Queue may be called from any goroutine. The queue's lock is the last in any lock
// order: nothing is called while it is held.
package queue

import "sync"

// Queue is a first-in, first-out queue.
type Queue[T any] struct {
	workers int // set at creation

	mu     sync.Mutex
	filled sync.Cond
	ready  list[T]
	active int // number of workers between Pop and Done
	closed bool
}

// Item is a piece of work. Its owner sets Of once, before the first push.
type Item[T any] struct {
	Of *T // the owner; returned by Pop and TryPop

	// Guarded by Queue.mu; while the Item is in no queue, owned by whoever pushes it.
	next *Item[T]
	size int
}

// New returns a Queue for a number of workers.
func New[T any](workers int) *Queue[T] {
	q := &Queue[T]{workers: workers}
	q.filled.L = &q.mu
	return q
}

// backlog is the size of the waiting Items per active worker, if somebody else has promised to take them. To wake a
// worker costs about as much as ten writes, and one thread joins more messages than two.
const backlog = 2048

// Push adds an Item that is not in the queue. size is the amount of its work. If promised, the caller makes sure that
// somebody calls TryPop soon, until it returns nil; then workers are woken only for a backlog. Otherwise one more worker is
// woken.
func (q *Queue[T]) Push(i *Item[T], size int, promised bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i.size = size
	q.ready.add(i)
	wanted := q.ready.size / backlog
	if !promised {
		wanted = max(wanted, q.active+1)
	}
	for range min(wanted, q.workers) - q.active {
		q.filled.Signal()
	}
}

// Wake wakes a worker, because a promise cannot be kept.
func (q *Queue[T]) Wake() { q.filled.Signal() }

// Pop waits for an Item and takes it, see TryPop. It returns nil if the queue is closed. The caller is a worker, and must
// call Done before it calls Pop again.
func (q *Queue[T]) Pop() (of, next *T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && q.ready.first == nil {
		q.filled.Wait()
	}
	if q.closed {
		return nil, nil
	}
	q.active++
	return q.take()
}

// Done ends the work that the worker's last Pop has begun.
func (q *Queue[T]) Done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.active--
}

// TryPop takes the first Item and returns its Of, or nil if no Item waits or the queue is closed. next is the Of of the
// Item after it, which stays in the queue; nil if there is none.
func (q *Queue[T]) TryPop() (of, next *T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.ready.first == nil {
		return nil, nil
	}
	return q.take()
}

// take is TryPop. An Item waits, and mu is held.
func (q *Queue[T]) take() (of, next *T) {
	of = q.ready.take().Of
	if q.ready.first != nil {
		next = q.ready.first.Of
	}
	return of, next
}

// Len returns the number of Items in the queue.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ready.n
}

// Close lets every Pop return nil from now on.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
}

// list is a linked list of Items.
type list[T any] struct {
	first, last *Item[T]
	n, size     int
}

// add appends an Item.
func (l *list[T]) add(i *Item[T]) {
	if l.first == nil {
		l.first = i
	} else {
		l.last.next = i
	}
	l.last = i
	l.n++
	l.size += i.size
}

// take removes and returns the first Item.
func (l *list[T]) take() *Item[T] {
	i := l.first
	l.first, i.next = i.next, nil
	if l.first == nil {
		l.last = nil
	}
	l.n--
	l.size -= i.size
	return i
}
