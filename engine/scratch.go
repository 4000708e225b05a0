package engine

import "sync"

// keptScratch bounds the buffers that return to scratchPool, in bytes.
const keptScratch = 64 << 10

var scratchPool = sync.Pool{New: func() any { return new([]byte) }}

// getScratch returns an empty buffer from the pool. putScratch returns it.
func getScratch() *[]byte {
	buf := scratchPool.Get().(*[]byte)
	*buf = (*buf)[:0]
	return buf
}

func putScratch(buf *[]byte) {
	if cap(*buf) <= keptScratch {
		scratchPool.Put(buf)
	}
}
