package channels

import (
	"context"
	"sync"
)

// lists are the lists of users that are still to be sent. There is at most one per subscription, so the limit of channels
// per connection bounds them.
type lists struct {
	wake chan struct{} // holds one element if a list may be waiting; set at creation

	mu      sync.Mutex
	waiting []listing // in the order of the subscriptions
}

func (q *lists) add(l listing) {
	q.mu.Lock()
	q.waiting = append(q.waiting, l)
	q.mu.Unlock()
	q.signal()
}

// signal wakes one goroutine of send.
func (q *lists) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next returns the next list. If there are more, it wakes another goroutine.
func (q *lists) next() (l listing, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting = nil
		return l, false
	}
	l = q.waiting[0]
	q.waiting[0] = listing{}
	q.waiting = q.waiting[1:]
	if len(q.waiting) > 0 {
		q.signal()
	}
	return l, true
}

// send sends the lists until ctx ends. Several goroutines may call it.
func (q *lists) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		}
		for l, ok := q.next(); ok; l, ok = q.next() {
			l.send()
		}
	}
}
