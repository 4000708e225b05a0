package rooms

import "sync"

// queue is the segments that wait for a worker, first in first out. A segment
// is in it at most once, so it is a list through the segments and needs no bound.
type queue struct {
	mu          sync.Mutex
	filled      sync.Cond
	first, last *segment
	count       int
	active      int // workers between pop and done
	limit       int // of active
	closed      bool
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit}
	q.filled.L = &q.mu
	return q
}

// push adds a chain of n segments, linked by next and ending in last.
func (q *queue) push(first, last *segment, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	last.next = nil
	if q.first == nil {
		q.first = first
	} else {
		q.last.next = first
	}
	q.last = last
	q.count += n
	for range min(n, q.limit-q.active) {
		q.filled.Signal()
	}
}

// pop waits for a segment, and until fewer workers than the limit are active; nil
// once the queue is closed. The worker calls done before it comes again.
func (q *queue) pop() *segment {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && (q.first == nil || q.active >= q.limit) {
		q.filled.Wait()
	}
	if q.closed {
		return nil
	}
	s := q.first
	q.first, s.next = s.next, nil
	q.count--
	q.active++
	return s
}

func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.active--
}

// setLimit changes how many workers may be active at a time, from the next pop on.
func (q *queue) setLimit(limit int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = limit
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
	q.filled.Broadcast()
}
