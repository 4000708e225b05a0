package queue

import (
	"sync/atomic"
	"testing"
)

// BenchmarkQueue pushes an Item and takes it again, on each processor for itself, as pollers do: -cpu 1,2.
func BenchmarkQueue(b *testing.B) {
	q, pollers := New[int](64), atomic.Int64{}
	b.RunParallel(func(b *testing.PB) {
		i, shard := newItem(), int(pollers.Add(1))%q.Shards()
		for b.Next() {
			q.Push(i, 64, shard)
			_, _ = q.TryPop(shard)
		}
	})
}
