package rooms

import (
	"sync"
	"time"
)

// queue is the segments that wait for a worker, first in first out. A segment
// is in it at most once, so its lists go through the segments and need no bound.
type queue struct {
	start time.Time // of the times in segments

	mu      sync.Mutex
	filled  sync.Cond
	ready   chain
	resting chain // not to be run before segment.due
	count   int   // in both
	active  int   // workers between pop and done
	effort  effort
	bell    *time.Timer // rings when the first of resting is due
	rings   bool        // bell is set
	closed  bool
}

// chain is a list of segments, linked by next.
type chain struct{ first, last *segment }

// add takes another chain in, from first to last.
func (c *chain) add(first, last *segment) {
	last.next = nil
	if c.first == nil {
		c.first = first
	} else {
		c.last.next = first
	}
	c.last = last
}

func (c *chain) take() *segment {
	s := c.first
	c.first, s.next = s.next, nil
	return s
}

func newQueue(workers int) *queue {
	q := &queue{start: time.Now(), effort: effort{workers: workers}}
	q.filled.L = &q.mu
	return q
}

// push adds a chain of n segments, linked by next and ending in last.
func (q *queue) push(first, last *segment, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count += n
	q.ready.add(first, last)
	q.signal(n)
}

// pushResting is push for segments of a room with so many; those that have run
// of late rest first.
func (q *queue) pushResting(first, last *segment, n, of int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count += n
	rest := min(q.effort.rest*time.Duration(of), mostRest)
	if rest == 0 {
		q.ready.add(first, last)
		q.signal(n)
		return
	}
	last.next = nil
	now, awake := time.Since(q.start), 0
	for s := first; s != nil; {
		next := s.next
		if s.due = s.ran + rest; s.due > now {
			q.resting.add(s, s)
		} else {
			q.ready.add(s, s)
			awake++
		}
		s = next
	}
	q.wake(now)
	q.signal(awake)
}

// signal wakes workers for n segments. mu is held.
func (q *queue) signal(n int) {
	for range min(n, q.effort.workers-q.active) {
		q.filled.Signal()
	}
}

// wake moves what has rested to ready, and sets the bell for the rest. mu is held.
func (q *queue) wake(now time.Duration) {
	for q.resting.first != nil && q.resting.first.due <= now {
		s := q.resting.take()
		q.ready.add(s, s)
	}
	if q.resting.first == nil || q.rings {
		return
	}
	q.rings = true
	early := q.resting.first.due - now
	if q.bell == nil {
		q.bell = time.AfterFunc(early, q.ring)
		return
	}
	q.bell.Reset(early)
}

// ring is the bell's.
func (q *queue) ring() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rings = false
	if q.closed {
		return
	}
	q.wake(time.Since(q.start))
	q.filled.Broadcast()
}

// pop waits for a segment, and until fewer workers are active than the effort
// allows; nil once the queue is closed. The worker calls done before it comes again.
func (q *queue) pop() *segment {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && (q.ready.first == nil || q.active >= q.effort.workers) {
		q.filled.Wait()
	}
	if q.closed {
		return nil
	}
	s := q.ready.take()
	q.count--
	q.active++
	if q.effort.rest > 0 {
		s.ran = time.Since(q.start)
	}
	return s
}

func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.active--
}

// setEffort changes how many workers may be active at a time, from the next pop on,
// and how long segments rest, from the next push on.
func (q *queue) setEffort(e effort) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.effort = e
	q.filled.Broadcast()
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	if q.bell != nil {
		q.bell.Stop()
	}
	q.filled.Broadcast()
}
