package rooms

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixedChunks implements Chunks with a few slices. It overwrites the slices that are put back, so
// that a test fails if a member still reads them.
type fixedChunks struct {
	mu    sync.Mutex
	free  [][]byte
	taken int
}

func newFixedChunks(slices, size int) *fixedChunks {
	s := &fixedChunks{}
	for range slices {
		s.free = append(s.free, make([]byte, 0, size))
	}
	return s
}

func (s *fixedChunks) Get() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.free) - 1
	if last < 0 {
		return nil
	}
	b := s.free[last]
	s.free = s.free[:last]
	s.taken++
	return b
}

func (s *fixedChunks) Put(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(b[:cap(b)])
	s.free = append(s.free, b[:0])
}

func TestABusyRoomTakesItsChunksFromConfig(t *testing.T) {
	cfg := silent()
	chunks := newFixedChunks(1, 2*largeChunk)
	cfg.Chunks = chunks
	h := New(cfg)
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	publish := func(messages int) {
		for range messages {
			fast.member.Publish(body(t, "a message of some length, so that chunks fill up soon enough ........................"), clock(), nil)
			h.settle()
		}
	}
	publish(100)
	assert.Zero(t, chunks.taken, "a room that keeps up does not need a large chunk")
	slow.free = 0
	publish(largeChunk * 5 / 100)
	assert.Equal(t, 1, chunks.taken, "there is no second one, so the heap provides it")
	assert.Empty(t, chunks.free)
	slow.drain(-1)
	h.settle()
	assert.Len(t, chunks.free, 1)
	assert.Equal(t, fast.seqs(t), slow.seqs(t))
	require.NoError(t, h.Check())
}

func TestAMessageLargerThanAConfiguredChunkGetsAnOrdinaryChunk(t *testing.T) {
	cfg := silent()
	chunks := newFixedChunks(1, largeChunk)
	cfg.Chunks = chunks
	h := New(cfg)
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	slow.free = 0
	for range 3 {
		fast.member.Publish(body(t, string(make([]byte, largeChunk))), clock(), nil)
		h.settle()
	}
	slow.drain(-1)
	h.settle()
	assert.Equal(t, numbers(1, 3), slow.seqs(t))
	assert.Len(t, chunks.free, 1)
}
