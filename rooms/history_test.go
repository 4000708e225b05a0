package rooms

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
)

// hubWithHistory returns a hub without announcements that retains a number of messages per room,
// for ten minutes.
func hubWithHistory(messages int) *Hub {
	cfg := silent()
	cfg.History = History{Messages: messages, Age: 600, Memory: 1 << 40}
	return New(cfg)
}

// publishMany publishes n messages to the room from outside.
func (h *Hub) publishMany(t *testing.T, room string, n int) {
	t.Helper()
	for i := range n {
		_, _, err := publishOutside(h, room, body(t, fmt.Sprint("message ", i)), clock())
		require.NoError(t, err)
	}
	h.settle()
}

// publishSized publishes n messages of size bytes to room a from outside.
func (h *Hub) publishSized(t *testing.T, n, size int) {
	t.Helper()
	for range n {
		_, _, err := publishOutside(h, "a", body(t, strings.Repeat("x", size)), clock())
		require.NoError(t, err)
		h.settle()
	}
}

func resume(t *testing.T, h *Hub, room string, since *Since) (*sink, Position) {
	t.Helper()
	s := newSink("back")
	p, err := h.Resume(&s.member, room, s, since, clock())
	require.NoError(t, err)
	return s, p
}

func since(h *Hub, room string, seq uint64) *Since {
	info, _ := h.Room(room)
	return &Since{info.Epoch, seq}
}

func TestAResumingMemberReceivesEachMissedMessageOnce(t *testing.T) {
	h := hubWithHistory(100)
	join(h, "a", "stays")
	h.publishMany(t, "a", 30)
	s, p := resume(t, h, "a", since(h, "a", 12))
	assert.True(t, p.Recovered)
	assert.False(t, p.Lost)
	assert.EqualValues(t, 30, p.Seq)
	h.publishMany(t, "a", 3)
	assert.Empty(t, s.got, "the member was written before Drained")
	s.member.Drained()
	h.publishMany(t, "a", 2)
	assert.Equal(t, numbers(13, 35), s.seqs(t))
	require.NoError(t, h.Check())
}

func TestMissedMessagesThatAreNotRetainedAreReportedAsLost(t *testing.T) {
	h := hubWithHistory(10)
	join(h, "a", "stays")
	h.publishMany(t, "a", 30)
	s, p := resume(t, h, "a", since(h, "a", 12))
	assert.Equal(t, []any{false, true, uint64(13), uint64(20)}, []any{p.Recovered, p.Lost, p.From, p.To})
	s.member.Drained()
	h.settle()
	assert.Equal(t, numbers(21, 30), s.seqs(t))
}

func TestAPositionInAnotherEpochIsNotRecovered(t *testing.T) {
	h := hubWithHistory(10)
	h.publishMany(t, "a", 4)
	s, p := resume(t, h, "a", &Since{"another", 3})
	assert.Equal(t, []any{false, true, uint64(1), uint64(0)}, []any{p.Recovered, p.Lost, p.From, p.To})
	s.member.Drained()
	h.settle()
	assert.Equal(t, numbers(1, 4), s.seqs(t), "the member has seen no message of this epoch")
	_, p = resume(t, h, "a", since(h, "a", 5))
	assert.False(t, p.Recovered, "a position that is not reached yet")
	s, p = resume(t, h, "a", &Since{})
	assert.False(t, p.Recovered || p.Lost, "a member without an epoch has lost nothing")
	s.member.Drained()
	h.settle()
	assert.Equal(t, numbers(1, 4), s.seqs(t))
	_, p = resume(t, h, "a", nil)
	assert.False(t, p.Recovered || p.Lost)
}

func TestARoomWithHistoryStaysWhenItsLastMemberLeaves(t *testing.T) {
	h := hubWithHistory(10)
	s := join(h, "a", "leaves")
	h.publishMany(t, "a", 3)
	before, _ := h.Room("a")
	s.member.Leave(clock())
	h.publishMany(t, "a", 1)
	info, here := h.Room("a")
	require.True(t, here)
	assert.Equal(t, Info{Room: "a", Members: 0, Seq: 4, Epoch: before.Epoch}, info)
	assert.Zero(t, h.Stats().Counts[Rooms], "rooms with members")
	require.NoError(t, h.Check())

	h.expirer.expire(clock() + 600_000 + 1000)
	_, here = h.Room("a")
	assert.False(t, here, "all of it is too old")
	assert.Zero(t, h.Stats().Counts[HistoryBytes])
	h.publishMany(t, "a", 1)
	info, _ = h.Room("a")
	assert.NotEqual(t, before.Epoch, info.Epoch)
	assert.EqualValues(t, 1, info.Seq)
}

func TestARoomMayHaveLessHistoryThanTheOthers(t *testing.T) {
	cfg := silent()
	cfg.History = History{
		Messages: 100, Age: 600, Memory: 1 << 40, Others: []History{{Messages: 3, Age: 600}, {}},
		Of: func(room string) int { return max(strings.IndexByte(" sn", room[0]), 0) },
	}
	h := New(cfg)
	for room, want := range map[string]uint64{"small": 3, "none": 0, "large": 30} {
		join(h, room, "stays")
		h.publishMany(t, room, 30)
		_, p := resume(t, h, room, since(h, room, 0))
		assert.Equal(t, want < 30, p.Lost, room)
		if p.Lost {
			assert.Equal(t, 30-want, p.To, room)
		}
	}
	require.NoError(t, h.Check())
}

func TestMessagesPastTheirAgeAreNotReplayed(t *testing.T) {
	h := hubWithHistory(100)
	h.publishMany(t, "a", 5)
	now.Add(400_000)
	h.publishMany(t, "a", 5)
	later := now.Load() + 300_000
	page, _ := h.Messages("a", &Since{}, 100, later)
	assert.Len(t, page.Messages, 5, "the old messages of the same chunk are left out")
	h.expirer.expire(later)
	back := newSink("back")
	p, err := h.Resume(&back.member, "a", back, since(h, "a", 2), later)
	require.NoError(t, err)
	assert.Equal(t, []uint64{3, 5}, []uint64{p.From, p.To})
}

func TestTheLeastRecentlyUsedHistoriesAreDroppedFirst(t *testing.T) {
	h := hubWithHistory(100)
	h.cfg.History.Memory = 40 << 10
	for i := range 60 { // each history uses more than 1 KiB
		h.publishMany(t, fmt.Sprint("room", i), 2)
		if i == 10 {
			h.Messages("room0", nil, 1, clock())
		}
		select {
		case <-h.expirer.overMemory:
			h.expirer.freeMemory()
		default:
		}
		assert.LessOrEqual(t, h.Stats().Counts[HistoryBytes], int64(40<<10))
	}
	infos, _ := h.Rooms("", 100)
	var left []string
	for _, info := range infos {
		left = append(left, info.Room)
	}
	assert.Contains(t, left, "room59")
	assert.NotContains(t, left, "room1")
	assert.Greater(t, len(left), 15)
	assert.Positive(t, h.Stats().Counts[HistoriesForgotten])
	require.NoError(t, h.Check())
}

func TestReadingAHistoryCountsAsUse(t *testing.T) {
	h := hubWithHistory(100)
	h.publishMany(t, "old", 1)
	h.publishMany(t, "other", 1)
	h.Messages("old", nil, 1, clock())
	h.cfg.History.Memory = h.Stats().Counts[HistoryBytes] * 5 / 7
	h.expirer.freeMemory()
	_, old := h.Room("old")
	_, other := h.Room("other")
	assert.Equal(t, []bool{true, false}, []bool{old, other})
}

func TestAMemberThatReadsRetainedMessagesIsNotTooSlow(t *testing.T) {
	h := hubWithHistory(40)
	h.cfg.SlowLag = 5_000
	join(h, "a", "fast")
	h.publishSized(t, 40, 1000)
	s, _ := resume(t, h, "a", since(h, "a", 0))
	s.free = 3000
	s.member.Drained()
	h.publishSized(t, 1, 1000)
	assert.Empty(t, s.closed, "the history retains the messages that it reads")
	s.drain(3000)
	h.publishSized(t, 1, 1000)
	assert.Empty(t, s.closed)
	h.publishSized(t, 10, 1000)
	assert.Equal(t, "1013 Too slow", s.closed, "the log is held for this member alone")

	s, _ = resume(t, h, "a", since(h, "a", 40))
	s.member.Drained()
	h.settle()
	s.free = 0
	h.publishSized(t, 8, 1000)
	assert.Equal(t, "1013 Too slow", s.closed, "it had caught up, so it is no longer replaying")
}

// A caller of Resume may need a while before it calls Drained, for example to send a list of users. That says nothing about
// the speed of the client.
func TestAMemberThatWaitsForItsFirstWriteIsNotTooSlow(t *testing.T) {
	h := hubWithHistory(40)
	h.cfg.SlowLag = 5_000
	join(h, "a", "fast")
	h.publishSized(t, 10, 1000)
	for _, after := range []*Since{nil, since(h, "a", 85)} { // the last message is 10 at first, then 90
		s, p := resume(t, h, "a", after)
		h.publishSized(t, 30, 1000)
		assert.Empty(t, s.closed, "the history retains the messages that it is to be written")
		s.member.Drained()
		h.settle()
		assert.Equal(t, numbers(p.Behind+1, p.Seq+30), s.seqs(t))

		s, _ = resume(t, h, "a", nil)
		h.publishSized(t, 50, 1000)
		assert.Equal(t, "1013 Too slow", s.closed, "the log is held for this member alone")
	}
	require.NoError(t, h.Check())
}

func TestAQuietRoomTakesNoMoreMemoryThanItsHistoryNeeds(t *testing.T) {
	h := hubWithHistory(50)
	s := join(h, "a", "stays")
	for range 2000 { // makes the room a busy one
		h.Publish("a", body(t, "a message of some length ......................................"), clock(), nil)
	}
	h.settle()
	assert.Greater(t, h.Stats().Counts[HistoryBytes], int64(largeChunk))
	h.expirer.expire(clock() + quietAfter.Milliseconds())
	assert.Less(t, h.Stats().Counts[HistoryBytes], int64(12_000))
	assert.Len(t, h.cfg.Chunks.(*fixedChunks).free, 2, "a chunk for busy rooms is still held")
	back, p := resume(t, h, "a", since(h, "a", 1950))
	assert.True(t, p.Recovered)
	back.member.Drained()
	h.publishMany(t, "a", 5)
	assert.Equal(t, numbers(1951, 2005), back.seqs(t))
	assert.Equal(t, numbers(1, 2005), s.seqs(t))
	require.NoError(t, h.Check())
}

func TestHistoryIsReadInPages(t *testing.T) {
	h := hubWithHistory(100)
	h.publishMany(t, "a", 150)
	page, _ := h.Messages("a", nil, 10, clock())
	assert.Len(t, page.Messages, 10)
	assert.EqualValues(t, 150, page.Next.Seq, "the latest page")
	assert.False(t, page.More)
	from, got := since(h, "a", 20), 0
	for more := true; more; {
		page, _ = h.Messages("a", from, 30, clock())
		if got == 0 {
			assert.Equal(t, []any{true, uint64(21), uint64(50)}, []any{page.Lost, page.From, page.To})
		} else {
			assert.False(t, page.Lost)
		}
		got += len(page.Messages)
		from, more = &page.Next, page.More
	}
	assert.Equal(t, 100, got)
	_, here := h.Messages("nowhere", nil, 10, clock())
	assert.False(t, here)
	require.NoError(t, h.Check())
}

// announce publishes n announcements to the room a.
func (h *Hub) announce(t *testing.T, n int) {
	t.Helper()
	for range n {
		_, _, err := publishOutside(h, "a", bodyBy(t, codec.System, "Alex joined the room"), clock())
		require.NoError(t, err)
	}
	h.settle()
}

func TestAnnouncementsDoNotPushMessagesOutOfTheHistory(t *testing.T) {
	h := hubWithHistory(10)
	h.publishMany(t, "a", 10)
	h.announce(t, 120)
	page, _ := h.Messages("a", nil, 100, clock())
	assert.Len(t, page.Messages, 130)
	assert.Equal(t, Since{page.Epoch, 130}, page.Next)
	s, p := resume(t, h, "a", &Since{})
	assert.False(t, p.Lost)
	s.member.Drained()
	h.settle()
	assert.Equal(t, numbers(1, 130), s.seqs(t))
	h.publishMany(t, "a", 1)
	_, p = resume(t, h, "a", &Since{Epoch: p.Epoch})
	assert.Equal(t, []uint64{1, 1}, []uint64{p.From, p.To}, "the first message is the eleventh from the end")
	require.NoError(t, h.Check())
}

func TestHistoryReachesBackToTheBoundOfAnnouncementsAtMost(t *testing.T) {
	h := hubWithHistory(10)
	h.cfg.History.Announcements = 20
	h.publishMany(t, "a", 10)
	h.announce(t, 15)
	h.publishMany(t, "a", 2)
	h.announce(t, 15)
	page, _ := h.Messages("a", &Since{}, 100, clock())
	assert.Len(t, page.Messages, 15+2+5)
	assert.Equal(t, []uint64{1, 20}, []uint64{page.From, page.To}, "the messages that are no longer retained")
	assert.False(t, page.More)
}

func TestTheLimitOfTheLatestPageCountsUserMessages(t *testing.T) {
	h := hubWithHistory(100)
	h.publishMany(t, "a", 20)
	h.announce(t, 30)
	h.publishMany(t, "a", 1)
	page, _ := h.Messages("a", nil, 5, clock())
	assert.Len(t, page.Messages, 4+30+1)
	assert.False(t, page.More)
	page, _ = h.Messages("a", since(h, "a", 1), 5, clock())
	assert.Len(t, page.Messages, 5, "after a position the limit counts announcements, too")
	assert.True(t, page.More)
}

func TestShrinkingALogKeepsItsHistory(t *testing.T) {
	h := hubWithHistory(10)
	h.cfg.History.Announcements = 20
	for range 30 {
		h.announce(t, 3)
		h.publishMany(t, "a", 2)
	}
	before, _ := h.Messages("a", nil, 100, clock())
	assert.Len(t, before.Messages, 10+4*3, "four times three announcements come after the tenth user message from the end")
	h.rooms.find("a").history.reduce(func() { h.rooms.find("a").history.shrink(clock()) })
	after, _ := h.Messages("a", nil, 100, clock())
	assert.Equal(t, before, after)
	h.announce(t, 9)
	after, _ = h.Messages("a", nil, 100, clock())
	assert.Len(t, after.Messages, 20+8, "the twentieth announcement from the end is nearer")
	require.NoError(t, h.Check())
}

func TestParseSinceReadsWhatStringWrites(t *testing.T) {
	for _, p := range []Since{{"1x", 42}, {"", 0}, {"z", 1<<64 - 1}} {
		again, err := ParseSince(p.String())
		require.NoError(t, err)
		assert.Equal(t, p, again)
	}
	for _, bad := range []string{"", "42", "a:", "a:-1", "a:b", "a:18446744073709551616", "a:1:2"} {
		_, err := ParseSince(bad)
		assert.Error(t, err, bad)
	}
}

func TestAStalledReplayIsGivenUpIfMemoryIsShort(t *testing.T) {
	stall := func() (*Hub, *sink) {
		h := hubWithHistory(100)
		h.cfg.SlowLag = 100_000
		h.publishSized(t, 50, 10_000)
		s, _ := resume(t, h, "a", &Since{})
		s.free = 0
		s.member.Drained()
		return h, s
	}
	h, s := stall()
	h.publishSized(t, 50, 10_000)
	require.Empty(t, s.closed, "the history retains the messages that it reads")
	h.cfg.History.Memory = 200_000
	h.expirer.freeMemory()
	h.settle()
	assert.Equal(t, "1013 Too slow", s.closed)
	h.expirer.freeMemory()
	assert.LessOrEqual(t, h.Stats().Counts[HistoryBytes], int64(200_000))

	h, s = stall()
	now.Add(700_000)
	h.publishSized(t, 50, 10_000)
	assert.Equal(t, "1013 Too slow", s.closed, "the messages that it reads are too old")
}

func TestAMemberThatHasSkippedIsNoLongerReplaying(t *testing.T) {
	h := hubWithHistory(100)
	h.cfg.SlowLag, h.cfg.Gap = 5_000, codec.AppendGap
	join(h, "a", "fast")
	h.publishSized(t, 10, 1000)
	s, _ := resume(t, h, "a", since(h, "a", 0))
	s.free = 0
	s.member.Drained()
	h.publishSized(t, 150, 1000)
	s.drain(-1)
	h.settle()
	require.EqualValues(t, 1, h.Stats().Counts[Gaps])
	s.free = 0
	h.publishSized(t, 50, 1000)
	s.drain(-1)
	h.settle()
	assert.EqualValues(t, 2, h.Stats().Counts[Gaps])
}

func TestTheExpirerQueuesNoFlushForAMemberThatSkips(t *testing.T) {
	h := hubWithHistory(1)
	h.cfg.SlowLag, h.cfg.Gap = 5_000, codec.AppendGap
	skips := join(h, "a", "skips")
	skips.free = 0
	h.publishSized(t, 50, 1000)
	require.NotZero(t, skips.member.marks&skipping)
	behind := join(h, "a", "behind")
	behind.free = 0
	h.publishSized(t, 2, 1000)
	require.NotZero(t, h.rooms.find("a").log.first.readers)
	h.expirer.expire(clock())
	assert.Zero(t, h.Stats().Counts[QueuedSegments])
}

func TestHistoriesThatAreBeingReadDoNotCountAsForgotten(t *testing.T) {
	h := hubWithHistory(100)
	h.cfg.History.Memory = 1000
	for i := range 20 {
		s := join(h, fmt.Sprint("live", i), "slow")
		s.free = 0
		h.publishMany(t, fmt.Sprint("live", i), 3)
	}
	h.expirer.freeMemory()
	assert.Zero(t, h.Stats().Counts[HistoriesForgotten])
}
