package rooms

import "sync"

// queue is the segments that wait for a worker, first in first out. A segment
// is in it at most once, so it is a list through the segments and needs no bound.
type queue struct {
	mu          sync.Mutex
	filled      sync.Cond
	first, last *segment
	count       int
	closed      bool
}

func newQueue() *queue {
	q := &queue{}
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
	if n == 1 {
		q.filled.Signal()
		return
	}
	q.filled.Broadcast()
}

// pop waits for a segment; nil once the queue is closed.
func (q *queue) pop() *segment {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.first == nil && !q.closed {
		q.filled.Wait()
	}
	if q.closed {
		return nil
	}
	s := q.first
	q.first, s.next = s.next, nil
	q.count--
	return s
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
