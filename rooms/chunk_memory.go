package rooms

import "sync/atomic"

// Chunks provides memory for the logs of busy rooms. Its methods may be called from any goroutine.
type Chunks interface {
	// Get returns an empty slice, which is appended to within its capacity. It returns nil if none
	// is left; then the memory comes from the heap. It is called with a room's lock held.
	Get() []byte
	// Put takes back a slice of Get, which is not read any more. It is called with no lock held, so it
	// may take its time.
	Put(b []byte)
}

// chunkMemory takes the memory of chunks from Config.Chunks, and gives it back. Chunks are dropped with
// a room's lock held. So they wait here until the goroutine that has dropped them has unlocked the
// room and calls giveBack.
type chunkMemory struct {
	chunks  Chunks                // set at creation; may be nil
	dropped atomic.Pointer[chunk] // a stack, linked by chunk.next
}

// newChunk returns a chunk whose data comes from Config.Chunks. It returns nil if that has no slice
// left, or only one that is smaller than size.
func (m *chunkMemory) newChunk(base int64, size int) *chunk {
	if m.chunks == nil {
		return nil
	}
	data := m.chunks.Get()
	if data == nil {
		return nil
	}
	c := &chunk{base: base, data: data, owner: m}
	if cap(data) < size {
		m.drop(c)
		return nil
	}
	return c
}

// drop adds c, which has no readers, to the dropped chunks.
func (m *chunkMemory) drop(c *chunk) {
	*c = chunk{data: c.data[:0]}
	for {
		c.next = m.dropped.Load()
		if m.dropped.CompareAndSwap(c.next, c) {
			return
		}
	}
}

// giveBack gives the memory of all dropped chunks back. No lock is held.
func (m *chunkMemory) giveBack() {
	if m.dropped.Load() == nil {
		return
	}
	for c := m.dropped.Swap(nil); c != nil; c = c.next {
		m.chunks.Put(c.data)
	}
}
