package rooms

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// keeping returns a Config that keeps the last message with "keep" in it for a minute, and two messages for a second.
func keeping() Config {
	cfg := silent()
	cfg.History = History{Messages: 2, Age: 1, Memory: 1 << 20}
	cfg.Keeps = func(_ string, body []byte) bool { return strings.Contains(string(body), "keep") }
	cfg.KeepFor = time.Minute
	return cfg
}

// keptText returns the text of the kept message of a room, or nothing.
func keptText(t *testing.T, h *Hub, room string, now int64) string {
	t.Helper()
	kept, found := h.Kept(room, now)
	if !found {
		return ""
	}
	return textOf(t, &kept)
}

func textOf(t *testing.T, kept *Kept) string {
	t.Helper()
	s := newSink("")
	s.got = frame.Append(nil, frame.Text, kept.Payload)
	return s.texts(t)[0]
}

func TestTheLastKeptMessageOutlivesTheHistoryAndTheMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveWith(t, keeping())
		a := joinNow(t, h, "Ada")
		for _, text := range []string{"keep 1", "keep 2", "other", "other"} {
			a.member.Publish(body(t, text), time.Now().UnixMilli(), nil)
		}
		kept, _ := h.Kept("general", time.Now().UnixMilli())
		assert.EqualValues(t, 2, kept.Seq)
		assert.Equal(t, time.Now().UnixMilli(), kept.Published)
		a.leaveNow()
		time.Sleep(50 * time.Second)
		synctest.Wait()
		assert.Nil(t, h.rooms.find("general").log.first)
		assert.Equal(t, "Alex: keep 2", keptText(t, h, "general", time.Now().UnixMilli()))
		assert.Positive(t, h.Stats().Counts[HistoryBytes])
		require.NoError(t, h.Check())
		assert.Empty(t, keptText(t, h, "general", time.Now().Add(10*time.Second).UnixMilli()), "it is too old then")
		time.Sleep(12 * time.Second)
		synctest.Wait()
		assert.Nil(t, h.rooms.find("general"))
		assert.Zero(t, h.Stats().Counts[HistoryBytes])
		require.NoError(t, h.Check())
	})
}

func TestANewMemberGetsTheKeptMessageUnlessItReadsItAnyway(t *testing.T) {
	cfg := keeping()
	cfg.History.Age = 1000
	h := New(cfg)
	a := join(h, "general", "Ada")
	publish := func(text string) { a.member.Publish(body(t, text), clock(), nil) }
	kept := func(since *Since) (text string, p Position) {
		s := newSink("new")
		p, err := h.Resume(&s.member, "general", s, since, clock())
		require.NoError(t, err)
		s.member.Drained()
		h.settle()
		if p.Kept == nil {
			return "", p
		}
		assert.NotContains(t, s.seqs(t), p.Kept.Seq)
		return textOf(t, p.Kept), p
	}
	text, p := kept(nil)
	assert.Empty(t, text, "the room keeps none yet")
	publish("keep 1")
	text, _ = kept(nil)
	assert.Equal(t, "Alex: keep 1", text)
	at := func(seq uint64) *Since { return &Since{p.Epoch, seq} }
	text, _ = kept(at(0))
	assert.Empty(t, text, "it is in the replay")
	text, _ = kept(&Since{"another", 7})
	assert.Empty(t, text, "it is in the replay")
	text, _ = kept(at(1))
	assert.Empty(t, text, "the member has read it")
	publish("other")
	publish("other")
	text, p = kept(at(0))
	assert.Equal(t, "Alex: keep 1", text, "the member has missed it")
	assert.True(t, p.Lost)
	text, _ = kept(&Since{"another", 7})
	assert.Equal(t, "Alex: keep 1", text)
	publish("other")
	text, p = kept(at(1))
	assert.Empty(t, text, "the member has missed messages, but not this one")
	assert.True(t, p.Lost)
	text, _ = kept(nil)
	assert.Equal(t, "Alex: keep 1", text)
}

func TestAKeptMessageIsDroppedIfMemoryIsShort(t *testing.T) {
	cfg := keeping()
	cfg.History.Memory = 20_000
	h := New(cfg)
	_, _, err := publishOutside(h, "a", body(t, "keep "+strings.Repeat("x", 15_000)), clock())
	require.NoError(t, err)
	_, _, err = publishOutside(h, "b", body(t, "keep "+strings.Repeat("x", 1_000)), clock())
	require.NoError(t, err)
	h.expirer.freeMemory()
	assert.Nil(t, h.rooms.find("a"), "the least recently used room")
	assert.NotEmpty(t, keptText(t, h, "b", clock()))
	require.NoError(t, h.Check())
}

func TestWithoutHistoryAMessageIsKeptWhileTheRoomHasMembers(t *testing.T) {
	cfg := keeping()
	cfg.History = History{}
	h := New(cfg)
	a := join(h, "general", "Ada")
	a.member.Publish(body(t, "keep"), clock(), nil)
	assert.NotEmpty(t, keptText(t, h, "general", clock()))
	a.member.Leave(1)
	assert.Nil(t, h.rooms.find("general"))
	require.NoError(t, h.Check())
}

func TestARoomOfTheBusFindsItsKeptMessageInTheHistory(t *testing.T) {
	bus := &testBus{retained: []Batch{batchOf(t, 3, "keep 3", "keep 4", "other")}}
	cfg := keeping()
	cfg.Bus, cfg.History.Age = bus, 1000
	h := New(cfg)
	a, p := openAndResume(t, h, nil)
	require.NotNil(t, p.Kept)
	assert.Equal(t, "Alex: keep 4", textOf(t, p.Kept))
	require.NoError(t, bus.room.Deliver(batchOf(t, 6, "keep 6")))
	assert.Equal(t, "Alex: keep 6", keptText(t, h, "a", clock()))
	h.settle()
	a.member.Leave(clock())
	assert.Nil(t, h.rooms.find("a"), "the bus has the history")
	assert.Zero(t, h.Stats().Counts[HistoryBytes])
	require.NoError(t, h.Check())
}
