package rooms

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
)

func announcementText(i int) string { return fmt.Sprintf("member%06d joined the room", i) }

// announceJoins publishes announcements from..to-1 to room a, and flushes after each.
func (h *Hub) announceJoins(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		_, _, err := publishOutside(h, "a", bodyBy(t, codec.System, announcementText(i)), clock())
		require.NoError(t, err)
		h.settle()
	}
}

// wantHistory checks that room a retains the announcements 0 to n-1.
func (h *Hub) wantHistory(t *testing.T, n int) {
	t.Helper()
	page, _ := h.Messages("a", &Since{}, 10_000, clock())
	require.Len(t, page.Messages, n)
	for i, payload := range page.Messages {
		var m codec.Message
		require.NoError(t, json.Unmarshal(payload, &m))
		assert.Equal(t, announcementText(i), m.Text)
		assert.EqualValues(t, i+1, m.Seq)
	}
	require.NoError(t, h.Check())
}

func TestTheAnnouncementsOfARoomInWhichNobodySpeaksAreCompressed(t *testing.T) {
	h := hubWithHistory(100)
	stays := join(h, "a", "stays")
	h.announceJoins(t, 0, 1)
	log := &h.rooms.find("a").log
	assert.LessOrEqual(t, log.size, log.head+5*entrySize, "a single announcement takes its own size")
	h.announceJoins(t, 1, 10)
	assert.Less(t, log.size, log.head/2, "a small room")
	h.announceJoins(t, 10, 200)
	assert.Less(t, log.size, log.head/3, "several chunks")
	assert.Equal(t, numbers(1, 200), stays.seqs(t))
	for range 2 { // reading unpacks the chunks, and they are packed again
		h.wantHistory(t, 200)
		assert.Less(t, log.size, log.head/3)
	}
	back, _ := resume(t, h, "a", since(h, "a", 7))
	assert.Greater(t, log.size, log.head, "a member will read it")
	h.announceJoins(t, 200, 203)
	back.member.Drained()
	h.settle()
	assert.Equal(t, numbers(8, 203), back.seqs(t))
	assert.Less(t, log.size, log.head/3)
	h.wantHistory(t, 203)
	assert.Equal(t, log.size+roomSize, h.Stats().Counts[HistoryBytes])
}

func TestAnnouncementsAreCompressedOnlyWhenAllMembersHaveReadThem(t *testing.T) {
	h := hubWithHistory(100)
	slow := newSink("slow")
	slow.free = 1000
	require.NoError(t, h.Join(&slow.member, "a", slow, 1))
	join(h, "a", "fast")
	h.announceJoins(t, 0, 100)
	log := &h.rooms.find("a").log
	assert.Greater(t, log.size, log.head)
	slow.drain(-1)
	h.settle()
	assert.Equal(t, numbers(1, 100), slow.seqs(t))
	assert.Less(t, log.size, log.head/2)
	h.wantHistory(t, 100)
}

func TestAnnouncementsStayCompressedWhenMembersHaveSpoken(t *testing.T) {
	h := hubWithHistory(1000)
	join(h, "a", "stays")
	h.announceJoins(t, 0, 100)
	room := h.rooms.find("a")
	quiet := room.log.size
	h.publishMany(t, "a", 100)
	h.announceJoins(t, 100, 101)
	assert.Less(t, room.log.size, quiet+room.log.last.size()+room.log.size/2)
	for range 2 {
		page, _ := h.Messages("a", &Since{}, 10_000, clock())
		assert.Len(t, page.Messages, 201)
		before := room.log.size
		room.history.reduce(func() { room.history.shrink(clock()) })
		assert.LessOrEqual(t, room.log.size, before)
		assert.True(t, room.log.first.quiet && room.log.first.isPacked())
		require.NoError(t, h.Check())
	}
}

func TestPackingAndUnpackingAnnouncementsTakeOneAllocationEach(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool drops items at random")
	}
	h := hubWithHistory(100)
	h.announceJoins(t, 0, 10)
	log := &h.rooms.find("a").log
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		log.unpack(log.last)
		log.packQuiet()
	}), 1.0)
}

func BenchmarkPackTenAnnouncements(b *testing.B) {
	h := New(Config{AnnounceLimit: -1, History: History{Messages: 100, Age: 600, Memory: 1 << 40}})
	for i := range 10 {
		h.Publish("a", bodyBy(b, codec.System, announcementText(i)), 1, nil)
	}
	log := &h.rooms.find("a").log
	b.ReportAllocs()
	for b.Loop() {
		log.unpack(log.last)
		log.packQuiet()
	}
}
