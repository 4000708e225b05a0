package queue

import (
	"sync"
	"sync/atomic"
)

// shard is a linked list of Items, and the signal that wakes its worker.
type shard[T any] struct {
	wake chan struct{} // set at creation; holds a value from the clearing of parked until the worker has received it

	mu          sync.Mutex
	first, last *Item[T]

	// Atomic, changed with mu held.
	n    atomic.Int64 // number of Items
	size atomic.Int64 // sum of their sizes

	_      [cacheLine]byte // other goroutines read parked often, and the fields above seldom
	parked atomic.Bool     // set by the worker; the goroutine that clears it sends to wake
	_      [cacheLine]byte
}

const cacheLine = 64

// add appends an Item, and returns the sum of the sizes of all Items in the shard.
func (s *shard[T]) add(i *Item[T], size int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.size = size
	if s.first == nil {
		s.first = i
	} else {
		s.last.next = i
	}
	s.last = i
	s.n.Add(1)
	return int(s.size.Add(int64(size)))
}

// take removes the first Item. It returns the Of of this Item and of the Item after it, or nil if there is none.
func (s *shard[T]) take() (of, next *T) {
	if s.n.Load() == 0 {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.first
	if i == nil {
		return nil, nil
	}
	of, s.first, i.next = i.Of, i.next, nil
	s.n.Add(-1)
	s.size.Add(int64(-i.size))
	if s.first == nil {
		s.last = nil
		return of, nil
	}
	return of, s.first.Of
}
