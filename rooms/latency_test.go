package rooms

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
)

// withFakeTime runs test in fake time, with a hub and n members of its room "general". If n is notInline, the messages
// of the first member wait until the test settles.
func withFakeTime(t *testing.T, n int, test func(t *testing.T, h *Hub, members []*sink)) {
	synctest.Test(t, func(t *testing.T) {
		h := New(silent())
		first := newSink("m0")
		var as Sink = first
		if n == notInline {
			as = batched{first}
		}
		require.NoError(t, h.Join(&first.member, "general", as, 1))
		test(t, h, append([]*sink{first}, joinMany(h, "general", n-1)...))
		require.NoError(t, h.Check())
	})
}

func (s *sink) publish(t *testing.T, text string) {
	t.Helper()
	_, err := publishAs(&s.member, body(t, text), clock())
	require.NoError(t, err)
}

// within returns the number of deliveries that took at most limit, but longer than the bound before
// it.
func (l Latency) within(limit time.Duration) (n uint64) {
	for i, bound := range LatencyBounds {
		if bound == limit {
			return l.Within[i] - n
		}
		n = l.Within[i]
	}
	return l.Total - n
}

func TestDeliveriesCountFromTheirPublishToTheEndOfTheirFlush(t *testing.T) {
	withFakeTime(t, notInline, func(t *testing.T, h *Hub, members []*sink) {
		members[0].publish(t, "hi")
		time.Sleep(3 * time.Millisecond)
		members[5].during = func() { time.Sleep(time.Millisecond) }
		h.settle()
		l := h.Stats().FanOut
		assert.EqualValues(t, notInline, l.within(5*time.Millisecond))
		assert.EqualValues(t, notInline, l.Total)
		assert.InDelta(t, notInline*0.004, l.Seconds, 1e-9)
	})
}

func TestDeliveriesThatThePublisherWritesAreMeasuredToo(t *testing.T) {
	withFakeTime(t, 3, func(t *testing.T, h *Hub, members []*sink) {
		members[1].during = func() { time.Sleep(200 * time.Microsecond) }
		members[0].publish(t, "hi")
		assert.EqualValues(t, 3, h.Stats().FanOut.within(200*time.Microsecond))
	})
}

func TestAMessagePublishedDuringAFlushCountsFromItsOwnPublish(t *testing.T) {
	withFakeTime(t, notInline, func(t *testing.T, h *Hub, members []*sink) {
		members[3].during = func() {
			time.Sleep(time.Millisecond)
			members[0].publish(t, "meanwhile")
			time.Sleep(time.Millisecond)
			members[0].publish(t, "and this goes with it")
			members[3].during = func() { time.Sleep(7 * time.Millisecond) }
		}
		members[0].publish(t, "first")
		h.settle()
		l := h.Stats().FanOut
		assert.EqualValues(t, notInline, l.within(2*time.Millisecond), "the first message")
		assert.EqualValues(t, 3*notInline, l.Total)
		assert.InDelta(t, notInline*(0.002+2*0.008), l.Seconds, 1e-9)
	})
}

func TestAMessageInTheNextChunkCountsFromItsOwnPublish(t *testing.T) {
	withFakeTime(t, notInline, func(t *testing.T, h *Hub, members []*sink) {
		members[0].publish(t, "first")
		time.Sleep(10 * time.Millisecond)
		members[0].publish(t, strings.Repeat("x", largeChunk/2))
		time.Sleep(time.Millisecond)
		h.step()
		assert.EqualValues(t, notInline, h.Stats().FanOut.within(20*time.Millisecond), "the first chunk")
		h.step()
		assert.EqualValues(t, notInline, h.Stats().FanOut.within(time.Millisecond), "the second")
	})
}

func TestDeliveriesToMembersBehindAreNotMeasured(t *testing.T) {
	withFakeTime(t, 2, func(t *testing.T, h *Hub, members []*sink) {
		fast, slow := members[0], members[1]
		slow.free = 0
		fast.publish(t, "hi")
		fast.publish(t, "and")
		time.Sleep(time.Hour)
		slow.drain(-1)
		h.settle()
		require.Equal(t, numbers(1, 2), slow.seqs(t))
		assert.EqualValues(t, 4, h.Stats().Counts[Deliveries])
		assert.EqualValues(t, 3, h.Stats().FanOut.within(50*time.Microsecond), "two to the fast member, and one that the slow member took at once")
		assert.EqualValues(t, 3, h.Stats().FanOut.Total)
	})
}

func TestADeliveryOverAllBoundsCountsInTheTotalOnly(t *testing.T) {
	withFakeTime(t, notInline, func(t *testing.T, h *Hub, members []*sink) {
		members[0].publish(t, "hi")
		time.Sleep(time.Minute)
		h.settle()
		l := h.Stats().FanOut
		assert.Zero(t, l.Within[len(l.Within)-1])
		both := l.Plus(l)
		assert.EqualValues(t, 2*notInline, both.Total)
		assert.InDelta(t, 2*notInline*60, both.Seconds, 1e-9)
	})
}

func TestMembersBehindAreCountedUntilTheyHaveCaughtUpOrLeft(t *testing.T) {
	for name, policy := range map[string]Config{"close": {}, "skip": {Gap: codec.AppendGap}} {
		t.Run(name, func(t *testing.T) {
			cfg := silent()
			cfg.SlowLag, cfg.Gap = 1000, policy.Gap
			h := New(cfg)
			fast, slow, leaver := join(h, "general", "fast"), join(h, "general", "slow"), join(h, "general", "leaver")
			slow.free, leaver.free = 0, 0
			fast.publishMany(t, h, 20) // more than the lag
			assert.EqualValues(t, 2, h.Stats().Counts[MembersBehind])
			leaver.member.Leave(1)
			assert.EqualValues(t, 1, h.Stats().Counts[MembersBehind])
			slow.drain(-1)
			h.settle()
			if policy.Gap == nil {
				slow.member.Leave(1) // it was closed
			}
			assert.Zero(t, h.Stats().Counts[MembersBehind])
			require.NoError(t, h.Check())
		})
	}
}

func TestAMemberThatReadsAgainInTimeIsNoLongerBehind(t *testing.T) {
	h := New(silent())
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	slow.free = 0
	fast.publishMany(t, h, 20)
	assert.EqualValues(t, 1, h.Stats().Counts[MembersBehind])
	slow.drain(-1)
	h.settle()
	assert.Zero(t, h.Stats().Counts[MembersBehind])
	require.NoError(t, h.Check())
}

func BenchmarkSmallRoom(b *testing.B) {
	h := New(silent())
	members := make([]discard, 10)
	for i := range members {
		h.Join(&members[i].member, "general", &members[i], 1)
	}
	text := body(b, "a message")
	b.ReportAllocs()
	for b.Loop() {
		members[0].member.Publish(text, clock(), nil)
	}
}
