package rooms

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unlockedChunks is a fixedChunks whose Put checks that no room and no shard is locked.
type unlockedChunks struct {
	*fixedChunks
	t     *testing.T
	hub   *Hub
	extra *Room // a room that is not in the registry; may be nil
	puts  int
}

func (c *unlockedChunks) Put(b []byte) {
	c.puts++
	for i := range c.hub.rooms.shards {
		sh := &c.hub.rooms.shards[i]
		if isFree(c.t, &sh.mu, "shard") {
			for _, r := range sh.rooms {
				isFree(c.t, &r.mu, r.name)
			}
		}
	}
	if c.extra != nil {
		isFree(c.t, &c.extra.mu, "extra room")
	}
	c.fixedChunks.Put(b)
}

// isFree fails the test if the caller, or a goroutine that waits for it, holds mu. Another goroutine, such as the one that
// ends a room's epoch on the Bus, may hold mu for a moment.
func isFree(t *testing.T, mu *sync.Mutex, name string) bool {
	for end := time.Now().Add(10 * time.Second); !mu.TryLock(); runtime.Gosched() {
		if time.Now().After(end) {
			return assert.Fail(t, name+" is locked")
		}
	}
	mu.Unlock()
	return true
}

// Each case lets a room use all configured chunks, and then drops them in its own way.
func TestMemoryIsReturnedWithNoLockHeld(t *testing.T) {
	const blocks, size = 4, largeChunk
	text := strings.Repeat("x", 8<<10)
	history := History{Messages: 1000, Age: 60, Memory: 1 << 30}
	fill := func(s *sink) {
		for range (blocks + 2) * size / len(text) {
			s.member.Publish(body(t, text), clock(), nil)
			s.member.segment.Load().room.hub.settle()
		}
	}
	for _, c := range []struct {
		name    string
		history History
		drops   func(h *Hub, fast, slow *sink)
	}{
		{"a flush, when the last member has read them", History{}, func(h *Hub, fast, slow *sink) { slow.drain(-1); h.settle() }},
		{"a flush that gives a member up", History{}, func(h *Hub, fast, slow *sink) { h.cfg.SlowLag = 1; fill(fast) }},
		{"the leave of the member that kept them", History{}, func(h *Hub, fast, slow *sink) { slow.member.Leave(1) }},
		{"the end of the room", History{}, func(h *Hub, fast, slow *sink) { fast.member.Leave(1); slow.member.Leave(1) }},
		{"the expirer", history, func(h *Hub, fast, slow *sink) {
			slow.drain(-1)
			h.settle()
			h.expirer.expire(clock() + 3600_000)
		}},
		{"the shrinking of a quiet log", history, func(h *Hub, fast, slow *sink) {
			slow.drain(-1)
			h.settle()
			h.cfg.History.Messages = 10
			h.expirer.expire(clock() + 2*quietAfter.Milliseconds())
		}},
		{"the bound on memory", history, func(h *Hub, fast, slow *sink) {
			fast.member.Leave(1)
			slow.member.Leave(1)
			h.cfg.History.Memory = 1
			h.expirer.freeMemory()
		}},
		{"a publish in a room without members", history, func(h *Hub, fast, slow *sink) {
			fast.member.Leave(1)
			slow.member.Leave(1)
			h.cfg.History.Messages = 1
			h.Publish("general", body(t, text), clock(), nil)
		}},
		{"the end of a read", history, func(h *Hub, fast, slow *sink) {
			fast.member.Leave(1)
			slow.member.Leave(1)
			h.cfg.History.Messages = 1
			h.Messages("general", nil, 1, clock())
		}},
		{"a message that is larger", History{}, func(h *Hub, fast, slow *sink) {
			slow.drain(-1)
			h.settle()
			slow.free = 0
			for range 4 {
				fast.member.Publish(body(t, strings.Repeat("x", size)), clock(), nil)
				h.settle()
			}
			slow.drain(-1)
			h.settle()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunks := &unlockedChunks{fixedChunks: newFixedChunks(blocks, size), t: t}
			h := New(Config{AnnounceLimit: -1, Chunks: chunks, History: c.history, SlowLag: 1 << 30})
			chunks.hub = h
			fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
			slow.free = 0
			fill(fast)
			require.Empty(t, chunks.free)
			c.drops(h, fast, slow)
			assert.Len(t, chunks.free, blocks)
			assert.GreaterOrEqual(t, chunks.puts, blocks)
			assert.Nil(t, h.memory.dropped.Load())
			require.NoError(t, h.Check())
		})
	}
}

// restartedBus delivers a batch to a room whose epoch ends while it is opened, and then to the next epoch.
type restartedBus struct {
	testBus
	batch  Batch
	opened *unlockedChunks
}

func (b *restartedBus) Follow(_ context.Context, _ string, begin func(epoch Epoch) *Room) (func(), error) {
	for epoch := range Epoch(2) {
		b.room = begin(epoch)
		b.opened.extra = b.room
		if err := b.room.Deliver(b.batch); err != nil {
			return nil, err
		}
	}
	return func() {}, nil
}

func TestMemoryIsReturnedWithNoLockHeldWithABus(t *testing.T) {
	texts := make([]string, 30)
	for i := range texts {
		texts[i] = strings.Repeat("x", 8<<10)
	}
	chunks := &unlockedChunks{fixedChunks: newFixedChunks(1, largeChunk), t: t}
	bus := &restartedBus{batch: batchOf(t, 1, texts...), opened: chunks}
	h := New(Config{AnnounceLimit: -1, Bus: bus, Chunks: chunks, History: History{Messages: 1000, Age: 600, Memory: 1 << 30}})
	chunks.hub = h
	done, err := h.Open(t.Context(), "a", nil)
	require.NoError(t, err)
	assert.Equal(t, 1, chunks.puts, "the log of the first epoch")
	assert.Empty(t, chunks.free, "the log of the second epoch has it now")

	h.cfg.History.Messages = 1
	require.NoError(t, bus.room.Deliver(batchOf(t, uint64(len(texts)+1), "hi")))
	assert.Equal(t, 2, chunks.puts, "a delivery to a room without members drops the messages that are no longer retained")

	h.cfg.History.Messages = 1000
	require.NoError(t, bus.room.Deliver(batchOf(t, uint64(len(texts)+2), texts...)))
	require.Empty(t, chunks.free)
	done()
	assert.Equal(t, 3, chunks.puts, "the room is removed from this node")
	assert.Len(t, chunks.free, 1)
}
