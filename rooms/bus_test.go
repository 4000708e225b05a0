package rooms

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/codec/frame"
)

// testBus numbers and records the published messages. It delivers none of them: the tests call
// Room.Deliver.
type testBus struct {
	follow   chan struct{} // Follow returns after it has received a value; nil: Follow does not wait
	retained []Batch       // delivered by Follow

	mu         sync.Mutex
	room       *Room
	unfollowed int
	published  []string
	err        error // the result of every publish
}

func (b *testBus) Publish(_ string, body []byte, to Receipt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.published = append(b.published, string(body))
	if to != nil {
		to.Published(7, uint64(len(b.published)), b.err)
	}
}

func (b *testBus) Follow(ctx context.Context, _ string, begin func(epoch Epoch) *Room) (func(), error) {
	if b.follow != nil {
		select {
		case <-b.follow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	r := begin(7)
	for _, batch := range b.retained {
		if err := r.Deliver(batch); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.room = r
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.unfollowed++
	}, nil
}

func (b *testBus) Reach(context.Context, string, Since) error { return nil }

func (b *testBus) followed() (r *Room, unfollowed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.room, b.unfollowed
}

func batchOf(t *testing.T, first uint64, texts ...string) Batch {
	var all [][]byte
	for _, text := range texts {
		all = append(all, body(t, text))
	}
	return Batch{First: first, Published: clock(), Bodies: slices.Values(all)}
}

func hubWithBus(b *testBus) *Hub {
	return New(Config{AnnounceLimit: -1, Bus: b, History: History{Messages: 100, Age: 600, Memory: 1 << 20}})
}

// openAndResume opens room a and joins it at the position since.
func openAndResume(t *testing.T, h *Hub, since *Since) (*sink, Position) {
	t.Helper()
	done, err := h.Open(t.Context(), "a", since)
	require.NoError(t, err)
	defer done()
	s := newSink("Alex")
	p, err := h.Resume(&s.member, "a", s, since, clock())
	require.NoError(t, err)
	s.member.Drained()
	return s, p
}

// textsAndGaps returns the texts that s has received, and the gaps.
func (s *sink) textsAndGaps(t *testing.T, h *Hub) (all []string) {
	t.Helper()
	h.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	for payload := range frame.Payloads(s.got) {
		var m struct {
			Text          string
			Seq, From, To uint64
		}
		require.NoError(t, json.Unmarshal(payload, &m))
		if m.From > 0 {
			all = append(all, fmt.Sprint("gap ", m.From, " to ", m.To))
			continue
		}
		all = append(all, fmt.Sprint(m.Seq, " ", m.Text))
	}
	return all
}

func TestMessagesMissingOnTheBusAreReportedAsAGapBetweenTheOthers(t *testing.T) {
	bus := &testBus{retained: []Batch{batchOf(t, 5, "five", "six")}}
	h := hubWithBus(bus)
	s, p := openAndResume(t, h, &Since{Epoch: "7", Seq: 4})
	assert.True(t, p.Recovered)
	room, _ := bus.followed()
	require.NoError(t, room.Deliver(batchOf(t, 10, "ten", "eleven")))
	require.NoError(t, room.Deliver(batchOf(t, 12)))
	require.NoError(t, room.Deliver(batchOf(t, 12, "twelve")))
	assert.Equal(t, []string{"5 five", "6 six", "gap 7 to 9", "10 ten", "11 eleven", "12 twelve"}, s.textsAndGaps(t, h))
	require.NoError(t, h.Check())

	for since, want := range map[uint64][]string{
		5: {"6 six", "gap 7 to 9", "10 ten", "11 eleven", "12 twelve"},
		6: {"10 ten", "11 eleven", "12 twelve"}, 7: {"10 ten", "11 eleven", "12 twelve"}, 9: {"10 ten", "11 eleven", "12 twelve"},
		10: {"11 eleven", "12 twelve"},
	} {
		late, p := openAndResume(t, h, &Since{Epoch: "7", Seq: since})
		assert.Equal(t, want, late.textsAndGaps(t, h), since)
		assert.Equal(t, since >= 6 && since < 9, p.Lost, "%d: %+v", since, p)
		if p.Lost {
			assert.Equal(t, [2]uint64{since + 1, 9}, [2]uint64{p.From, p.To})
		}
	}
	page, _ := h.Messages("a", &Since{Epoch: "7", Seq: 4}, 10, clock())
	assert.Len(t, page.Messages, 2)
	assert.True(t, page.More)
	page, _ = h.Messages("a", &page.Next, 10, clock())
	assert.Len(t, page.Messages, 3)
	assert.Equal(t, [2]uint64{7, 9}, [2]uint64{page.From, page.To})
	page, _ = h.Messages("a", nil, 3, clock())
	assert.Len(t, page.Messages, 3)
	page, _ = h.Messages("a", nil, 4, clock())
	assert.Len(t, page.Messages, 3, "the gap does not count as a message")
}

func TestAGapOnTheBusIsEncodedAsTheConfigurationSays(t *testing.T) {
	bus := &testBus{retained: []Batch{batchOf(t, 5, "five", "six")}}
	h := hubWithBus(bus)
	h.cfg.Gap = codec.AppendTextGap
	s, _ := openAndResume(t, h, &Since{Epoch: "7", Seq: 6})
	room, _ := bus.followed()
	require.NoError(t, room.Deliver(batchOf(t, 10, "ten")))
	h.settle()
	payloads := slices.Collect(frame.Payloads(s.got))
	require.Len(t, payloads, 2)
	assert.Equal(t, "3 messages were skipped", string(payloads[0]))
	assert.Contains(t, string(payloads[1]), "ten")
}

func TestARoomIsFollowedWhileItHasMembersOrOpeners(t *testing.T) {
	bus := &testBus{retained: []Batch{batchOf(t, 1)}}
	h := hubWithBus(bus)
	s, _ := openAndResume(t, h, nil)
	other, _ := openAndResume(t, h, nil)
	first, _ := bus.followed()
	s.member.Leave(clock())
	_, unfollowed := bus.followed()
	assert.Zero(t, unfollowed)
	other.member.Leave(clock())
	_, unfollowed = bus.followed()
	assert.Equal(t, 1, unfollowed)
	done, err := h.Open(t.Context(), "a", nil) // nobody joins
	require.NoError(t, err)
	second, _ := bus.followed()
	assert.NotSame(t, first, second)
	done()
	_, unfollowed = bus.followed()
	assert.Equal(t, 2, unfollowed)
	assert.Zero(t, h.Stats().Counts[HistoryBytes])
	require.NoError(t, h.Check())
	_, err = h.Resume(&newSink("late").member, "a", newSink("late"), nil, clock())
	require.ErrorIs(t, err, ErrBus)
}

func TestACanceledOpenDoesNotKeepOthersFromTheRoom(t *testing.T) {
	for range 200 {
		bus := &testBus{retained: []Batch{batchOf(t, 1)}, follow: make(chan struct{})}
		h := hubWithBus(bus)
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				if done, err := h.Open(ctx, "a", nil); err == nil {
					done()
				}
			})
		}
		stays := make(chan func())
		go func() {
			done, err := h.Open(t.Context(), "a", nil)
			assert.NoError(t, err)
			stays <- done
		}()
		require.Eventually(t, func() bool {
			sh := h.rooms.shard("a")
			sh.mu.Lock()
			defer sh.mu.Unlock()
			return sh.pending["a"] != nil && sh.pending["a"].waiting == 4
		}, 5*time.Second, 100*time.Microsecond)
		go cancel()
		bus.follow <- struct{}{}
		done := <-stays
		waiting.Wait()
		room, unfollowed := bus.followed()
		require.Zero(t, unfollowed)
		room.mu.Lock()
		require.EqualValues(t, 1, room.openers)
		room.mu.Unlock()
		done()
		h.rooms.following.Wait()
	}
}

func TestMembersOfAnEndedEpochAreClosedAndJoinTheNext(t *testing.T) {
	bus := &testBus{retained: []Batch{batchOf(t, 1, "one")}}
	h := hubWithBus(bus)
	s, _ := openAndResume(t, h, nil)
	room, _ := bus.followed()
	room.End(1012, func() string { return "again" })
	assert.Equal(t, "1012 again", s.closed)
	next, _ := openAndResume(t, h, nil)
	s.member.Leave(clock())
	next.member.Leave(clock())
	_, unfollowed := bus.followed()
	assert.Equal(t, 1, unfollowed, "only the room of the second epoch; that of the first ended on the bus")
	assert.Zero(t, h.Stats().Counts[HistoryBytes])
	require.NoError(t, h.Check())
}

func TestOneNodeAnnouncesJoinsAndLeavesOfAllNodes(t *testing.T) {
	bus := &testBus{retained: []Batch{batchOf(t, 1)}, err: ErrBus}
	h := New(Config{Bus: bus}) // digests only
	s, _ := openAndResume(t, h, nil)
	room, _ := bus.followed()
	h.publishDigests(1)
	assert.Len(t, bus.published, 1)
	bus.err = nil
	h.publishDigests(2) // the digest was rejected, and is published again
	require.Len(t, bus.published, 2)
	assert.Contains(t, bus.published[1], "1 joined, 0 left, 1 here")

	here, joined, left := room.ExchangeCounts(3, false)
	assert.Equal(t, [3]int{1, 0, 0}, [3]int{here, joined, left})
	_, p := openAndResume(t, h, nil)
	assert.Equal(t, 5, p.Members)
	h.publishDigests(3)
	assert.Len(t, bus.published, 2, "another node announces it")
	here, joined, left = room.ExchangeCounts(3, true)
	assert.Equal(t, [3]int{2, 0, 0}, [3]int{here, joined, left})
	room.AddRemoteChanges(4, 2)
	h.publishDigests(4)
	require.Len(t, bus.published, 3)
	assert.Contains(t, bus.published[2], "5 joined, 2 left, 5 here")
	s.member.Leave(clock())
}

// joinSpanning joins n members to a room that testBus delivers to. The hub has no workers.
func joinSpanning(t *testing.T, n int) (*Hub, *Room, []*sink) {
	bus := new(testBus)
	h := hubWithBus(bus)
	done, err := h.Open(t.Context(), "a", nil)
	require.NoError(t, err)
	members := joinMany(h, "a", n)
	done()
	room, _ := bus.followed()
	return h, room, members
}

func TestTheBusItselfWritesABatchToASmallRoom(t *testing.T) {
	h, room, members := joinSpanning(t, 3)
	flush, err := room.DeliverInline(batchOf(t, 1, "one", "two"))
	require.NoError(t, err)
	assert.Zero(t, members[0].frames(), "nothing is written before Run, because the caller may hold locks")
	flush.Run()
	for _, m := range members {
		assert.Equal(t, numbers(1, 2), m.seqs(t))
	}
	assert.EqualValues(t, 3, h.Stats().Counts[Writes])
	require.NoError(t, h.Check())
}

func TestTheBusWritesToASmallRoomOncePerMillisecond(t *testing.T) {
	h, room, members := joinSpanning(t, 1)
	batch := func(first uint64) Batch {
		return Batch{First: first, Published: 1000, Bodies: slices.Values([][]byte{body(t, "hi")})}
	}
	for first := uint64(1); first <= 3; first++ {
		flush, err := room.DeliverInline(batch(first))
		require.NoError(t, err)
		flush.Run()
	}
	assert.Equal(t, numbers(1, 1), members[0].seqs(t))
	h.settle()
	assert.Equal(t, numbers(1, 3), members[0].seqs(t))
	assert.EqualValues(t, 2, h.Stats().Counts[Writes])
}

func TestTheWorkersWriteABatchToALargeRoom(t *testing.T) {
	h, room, members := joinSpanning(t, segmentSize+1)
	flush, err := room.DeliverInline(batchOf(t, 1, "one"))
	require.NoError(t, err)
	flush.Run()
	assert.Zero(t, members[0].frames())
	h.settle()
	for _, m := range members {
		assert.Equal(t, numbers(1, 1), m.seqs(t))
	}
}

// A batch that is delivered during an inline flush must not wait for the next one.
func TestABatchDeliveredDuringAnInlineFlushIsWritten(t *testing.T) {
	h, room, members := joinSpanning(t, 1)
	flush, err := room.DeliverInline(batchOf(t, 1, "one"))
	require.NoError(t, err)
	meanwhile, err := room.DeliverInline(batchOf(t, 2, "two"))
	require.NoError(t, err)
	meanwhile.Run() // nothing: the segment is being flushed
	assert.Zero(t, members[0].frames())
	flush.Run()
	h.settle()
	assert.Equal(t, numbers(1, 2), members[0].seqs(t))
}
