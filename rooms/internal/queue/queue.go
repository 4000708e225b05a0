// Package queue holds work that waits for workers, and bounds the number of active workers.
//
// A piece of work is an Item, which is a field of its owner. An Item is in the queue at most once.
// The queue is a linked list of the Items themselves, so it allocates nothing and needs no bound.
//
// All methods of Queue may be called from any goroutine. The queue's lock is the last in any lock
// order: nothing is called while it is held.
package queue

import (
	"sync"
	"time"
)

// Queue is a first-in, first-out queue, except for Items that are delayed.
type Queue[T any] struct {
	start time.Time // the zero of the times in Items; set at creation

	mu      sync.Mutex
	filled  sync.Cond
	ready   Chain[T]
	delayed Chain[T] // Items that were not due when they were pushed, in the order of the pushes
	count   int      // number of Items in ready and delayed
	active  int      // number of workers between Pop and Done
	pacing  Pacing
	timer   *time.Timer // fires when the first Item in delayed is due
	timed   bool        // the timer is running
	closed  bool
}

// Item is a piece of work. Its owner sets Of once, before the first push.
type Item[T any] struct {
	Of *T // the owner; returned by Pop

	// Guarded by Queue.mu; while the Item is in no queue, owned by the owner of its Chain.
	next *Item[T]

	// Guarded by Queue.mu.
	ran time.Duration // time of the last Pop since Queue.start; only kept while Items are delayed
	due time.Duration // when the delay ends, since Queue.start
}

// Chain is a list of Items, to push them together. The zero value is empty.
type Chain[T any] struct {
	first, last *Item[T]
	n           int
}

// Prepend adds an Item, which is in no Chain and no queue, before the others.
func (c *Chain[T]) Prepend(i *Item[T]) {
	i.next, c.first = c.first, i
	if c.last == nil {
		c.last = i
	}
	c.n++
}

// Empty reports whether the Chain has no Item.
func (c *Chain[T]) Empty() bool { return c.first == nil }

// add appends the Items from first to last, without counting them.
func (c *Chain[T]) add(first, last *Item[T]) {
	last.next = nil
	if c.first == nil {
		c.first = first
	} else {
		c.last.next = first
	}
	c.last = last
}

// take removes and returns the first Item.
func (c *Chain[T]) take() *Item[T] {
	i := c.first
	c.first, i.next = i.next, nil
	return i
}

// New returns a Queue for a number of workers.
func New[T any](workers int) *Queue[T] {
	q := &Queue[T]{start: time.Now(), pacing: Pacing{Workers: workers}}
	q.filled.L = &q.mu
	return q
}

// Push adds an Item that is not in the queue, without delay.
func (q *Queue[T]) Push(i *Item[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count++
	q.ready.add(i, i)
	q.signal(1)
}

// PushDelayed adds an Item that is one of a number of Items that share a delay. See PushChain.
func (q *Queue[T]) PushDelayed(i *Item[T], of int) {
	q.PushChain(Chain[T]{first: i, last: i, n: 1}, of)
}

// PushChain adds the Items of a Chain that is not empty. of is the number of Items that share the
// delay, including these. An Item whose last Pop is less than the delay ago waits for the rest of
// the delay.
func (q *Queue[T]) PushChain(c Chain[T], of int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count += c.n
	delay := min(q.pacing.Delay*time.Duration(of), maxDelay)
	if delay == 0 {
		q.ready.add(c.first, c.last)
		q.signal(c.n)
		return
	}
	c.last.next = nil
	now, awake := time.Since(q.start), 0
	for i := c.first; i != nil; {
		next := i.next
		if i.due = i.ran + delay; i.due > now {
			q.delayed.add(i, i)
		} else {
			q.ready.add(i, i)
			awake++
		}
		i = next
	}
	q.wake(now)
	q.signal(awake)
}

// signal wakes workers for n Items. mu is held.
func (q *Queue[T]) signal(n int) {
	for range min(n, q.pacing.Workers-q.active) {
		q.filled.Signal()
	}
}

// wake moves the Items that are due from delayed to ready, and starts the timer for the first of
// the others. mu is held.
func (q *Queue[T]) wake(now time.Duration) {
	for q.delayed.first != nil && q.delayed.first.due <= now {
		i := q.delayed.take()
		q.ready.add(i, i)
	}
	if q.delayed.first == nil || q.timed {
		return
	}
	q.timed = true
	early := q.delayed.first.due - now
	if q.timer == nil {
		q.timer = time.AfterFunc(early, q.fire)
		return
	}
	q.timer.Reset(early)
}

// fire runs when the timer fires.
func (q *Queue[T]) fire() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.timed = false
	if q.closed {
		return
	}
	q.wake(time.Since(q.start))
	q.filled.Broadcast()
}

// Pop waits for an Item, and until fewer workers are active than the Pacing allows. It returns the
// Item's Of, or nil if the queue is closed. The worker must call Done before it calls Pop again.
func (q *Queue[T]) Pop() *T {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && (q.ready.first == nil || q.active >= q.pacing.Workers) {
		q.filled.Wait()
	}
	if q.closed {
		return nil
	}
	i := q.ready.take()
	q.count--
	q.active++
	if q.pacing.Delay > 0 {
		i.ran = time.Since(q.start)
	}
	return i.Of
}

// Done ends the work that the worker's last Pop has begun.
func (q *Queue[T]) Done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.active--
}

// SetPacing sets how many workers may be active, from the next Pop on, and how long Items are
// delayed, from the next push on.
func (q *Queue[T]) SetPacing(p Pacing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pacing = p
	q.filled.Broadcast()
}

// Pacing returns the current Pacing.
func (q *Queue[T]) Pacing() Pacing {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pacing
}

// Len returns the number of Items in the queue.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}

// Close lets every Pop return nil from now on.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	if q.timer != nil {
		q.timer.Stop()
	}
	q.filled.Broadcast()
}
