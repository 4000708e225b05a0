package rooms

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// excludeBySender is a Config.Excluded: the member whose name is the sender of the message is excluded.
type excludeBySender struct{ members map[string]*Member }

func (x excludeBySender) of(_ string, body []byte) *Member {
	for name, m := range x.members {
		if strings.Contains(string(body), `"`+name+`"`) {
			return m
		}
	}
	return nil
}

// hubExcluding returns a hub that excludes the sender of a message, if exclude has registered it.
func hubExcluding(cfg Config) (h *Hub, exclude func(s *sink)) {
	x := excludeBySender{map[string]*Member{}}
	cfg.Excluded = x.of
	return New(cfg), func(s *sink) { x.members[s.name] = &s.member }
}

func TestOneMemberOf5000IsWrittenAroundAMessage(t *testing.T) {
	h, exclude := hubExcluding(silent())
	members := joinMany(h, "general", 5000)
	exclude(members[1234])
	for _, sender := range []string{"Alex", "m1234", "Alex"} {
		members[0].member.Publish(bodyBy(t, sender, "hi"), clock(), nil)
	}
	h.settle()
	for i, m := range members {
		want := numbers(1, 3)
		if i == 1234 {
			want = []uint64{1, 3}
		}
		require.Equal(t, want, m.seqs(t))
	}
	counts := h.Stats().Counts
	assert.EqualValues(t, 1, counts[Excluded])
	assert.EqualValues(t, 3*5000-1, counts[Deliveries])
	assert.EqualValues(t, 5001, counts[Writes], "only the excluded member is written twice")
	require.NoError(t, h.Check())
}

func TestAnExcludedMemberIsWrittenNothingIfThereIsNoOtherMessage(t *testing.T) {
	h, exclude := hubExcluding(silent())
	members := joinMany(h, "general", 3)
	exclude(members[1])
	members[1].member.Publish(bodyBy(t, "m1", "hi"), clock(), nil)
	assert.Zero(t, members[1].written())
	assert.Equal(t, 1, members[0].written())
	members[0].member.Publish(body(t, "hi"), clock(), nil)
	assert.Equal(t, numbers(2, 2), members[1].seqs(t))
}

func TestASlowMemberIsWrittenAroundItsMessagesWhenItCatchesUp(t *testing.T) {
	for name, view := range map[string]View{"log": nil, "view": spaced[0]} {
		t.Run(name, func(t *testing.T) {
			h, exclude := hubExcluding(silent())
			fast, slow := join(h, "general", "fast"), newSink("slow")
			slow.view = view
			require.NoError(t, h.Join(&slow.member, "general", slow, 1))
			exclude(slow)
			slow.free = 10
			var want []uint64
			for i := range 300 { // several chunks of the log
				sender := "fast"
				if i%3 == 2 {
					sender = "slow"
				} else {
					want = append(want, uint64(i+1))
				}
				fast.member.Publish(bodyBy(t, sender, strings.Repeat("x", 100)), clock(), nil)
				h.settle()
			}
			assert.Equal(t, numbers(1, 1), slow.seqs(t))
			for range 1000 {
				slow.drain(1000)
				h.settle()
			}
			assert.Equal(t, want, slow.seqs(t))
			slow.wantView(t)
			assert.Equal(t, numbers(1, 300), fast.seqs(t))
			assert.EqualValues(t, 100, h.Stats().Counts[Excluded])
			require.NoError(t, h.Check())
		})
	}
}

func TestAResumedMemberReceivesTheMessageItWasExcludedFrom(t *testing.T) {
	cfg := silent()
	cfg.History = History{Messages: 100, Age: 600, Memory: 1 << 20}
	h, exclude := hubExcluding(cfg)
	a := join(h, "general", "Ada")
	exclude(a)
	a.member.Publish(bodyBy(t, "Ada", "hi"), clock(), nil)
	require.Empty(t, a.seqs(t))
	a.member.Leave(clock())
	info, _ := h.Room("general")
	back := newSink("Ada")
	exclude(back)
	_, err := h.Resume(&back.member, "general", back, &Since{Epoch: info.Epoch}, clock())
	require.NoError(t, err)
	h.Publish("general", bodyBy(t, "Ada", "live"), clock(), nil) // is appended before the replay is written
	back.member.Drained()
	h.settle()
	assert.Equal(t, numbers(1, 1), back.seqs(t))
	assert.EqualValues(t, 2, h.Stats().Counts[Excluded])
}

func TestOnlyAMemberOfTheRoomIsExcluded(t *testing.T) {
	h, exclude := hubExcluding(silent())
	a, other, gone, never := join(h, "general", "Ada"), join(h, "other", "Bob"), join(h, "general", "Carl"), newSink("Dora")
	gone.member.Leave(1)
	for _, s := range []*sink{other, gone, never} {
		exclude(s)
		_, err := publishAs(&a.member, bodyBy(t, s.name, "hi"), clock())
		require.NoError(t, err)
	}
	assert.Equal(t, numbers(1, 3), a.seqs(t))
	assert.Nil(t, h.rooms.find("general").rare)
}

func TestALeaveDuringTheFlushDropsItsExclusions(t *testing.T) {
	h, exclude := hubExcluding(silent())
	members := joinMany(h, "general", segmentSize+1)
	leaver := members[5]
	exclude(leaver)
	members[3].during = func() { leaver.member.Leave(1) }
	members[0].member.Publish(bodyBy(t, "m5", "hi"), clock(), nil)
	h.settle()
	assert.Empty(t, leaver.seqs(t), "the flush that was running still writes around the message")
	assert.Empty(t, h.rooms.find("general").rare.exclusions)
	require.NoError(t, h.Check())
}

func TestExclusionsTakeBoundedMemory(t *testing.T) {
	h, exclude := hubExcluding(silent())
	a, b := join(h, "general", "Ada"), join(h, "general", "Bob")
	exclude(a)
	for range 10_000 {
		a.member.Publish(bodyBy(t, "Ada", "hi"), clock(), nil)
	}
	assert.LessOrEqual(t, cap(h.rooms.find("general").rare.exclusions), 8)
	b.free = 0
	for range 1000 {
		a.member.Publish(bodyBy(t, "Ada", "hi"), clock(), nil)
	}
	assert.LessOrEqual(t, cap(h.rooms.find("general").rare.exclusions), 2*1100, "a slow member keeps the log and the exclusions")
	b.drain(-1)
	a.member.Leave(1)
	assert.Zero(t, h.rooms.find("general").rare.size())
}

// Excluded is called with no lock held, on the goroutine of the publisher.
func TestExcludedMayCallTheHub(t *testing.T) {
	var h *Hub
	cfg := silent()
	cfg.Excluded = func(room string, _ []byte) *Member {
		_, here := h.Room(room)
		assert.True(t, here)
		require.NoError(t, h.Check())
		return nil
	}
	h = New(cfg)
	a := join(h, "general", "Ada")
	a.member.Publish(body(t, "hi"), clock(), nil)
	assert.Equal(t, numbers(1, 1), a.seqs(t))
}

func TestAMessageFromTheBusExcludesTheMemberOfThisNode(t *testing.T) {
	bus := &testBus{}
	var a *sink
	h := New(Config{AnnounceLimit: -1, Bus: bus, History: History{Messages: 100, Age: 600, Memory: 1 << 20}, Excluded: func(_ string, body []byte) *Member {
		if strings.Contains(string(body), "not you") {
			return &a.member
		}
		return nil
	}})
	a, _ = openAndResume(t, h, nil)
	b, _ := openAndResume(t, h, nil)
	texts := []string{"one"}
	for i := range 10 {
		texts = append(texts, fmt.Sprint(i), "not you")
	}
	require.NoError(t, bus.room.Deliver(batchOf(t, 1, texts...)))
	require.NoError(t, bus.room.Deliver(batchOf(t, 30, "not you", "after a gap")))
	h.settle()
	assert.Equal(t, []string{"1 one", "2 0", "4 1", "6 2", "8 3", "10 4", "12 5", "14 6", "16 7", "18 8", "20 9", "gap 22 to 29", "31 after a gap"}, a.textsAndGaps(t, h))
	assert.Len(t, b.textsAndGaps(t, h), 24)
	assert.EqualValues(t, 11, h.Stats().Counts[Excluded])
}

// Members publish, stall, resume and leave at once. No excluded member receives its own message live, and no member misses
// another message.
func TestExclusionHoldsWithSlowMembersAndWorkers(t *testing.T) {
	cfg := silent()
	cfg.SlowLag = 1 << 40
	cfg.History = History{Messages: 1000, Age: 600, Memory: 1 << 30}
	var all atomic.Pointer[map[string]*Member]
	cfg.Excluded = func(_ string, body []byte) *Member {
		sender, _, _ := strings.Cut(strings.TrimPrefix(string(body), `{"sender":"`), `"`)
		return (*all.Load())[sender]
	}
	h := New(cfg)
	ctx, stop := context.WithCancel(t.Context())
	var served, acting, published sync.WaitGroup
	served.Go(func() { h.Serve(ctx) })
	stayers := joinMany(h, "general", 100)
	members := map[string]*Member{}
	for i, s := range stayers {
		if s.view = nil; i%2 == 0 {
			members[s.name] = &s.member
		}
	}
	all.Store(&members)
	done := make(chan struct{})
	acting.Go(func() { churn(t, h, 0, done) })
	acting.Go(func() { stallAndDrain(stayers, done) })
	const messages = 300
	for p := range 4 { // m0 and m2 are excluded, m1 and m3 are not
		published.Go(func() {
			for range messages {
				stayers[p].member.Publish(bodyBy(t, stayers[p].name, "some text"), clock(), nil)
			}
		})
	}
	published.Wait()
	close(done)
	acting.Wait()
	for i, s := range stayers {
		want := 4 * messages
		if i == 0 || i == 2 {
			want -= messages
		}
		require.Eventually(t, func() bool {
			s.drain(-1)
			return s.frames() == want
		}, 20*time.Second, time.Millisecond)
		seqs := s.seqs(t)
		require.True(t, slices.IsSorted(seqs))
		require.Len(t, slices.Compact(seqs), want)
		if i == 0 || i == 2 {
			require.False(t, slices.ContainsFunc(s.texts(t), func(text string) bool { return strings.HasPrefix(text, s.name+":") }))
		}
	}
	stop()
	served.Wait()
	assert.EqualValues(t, 2*messages, h.Stats().Counts[Excluded])
	require.NoError(t, h.Check())
}

// The memory of a member that has left is freed, although the history retains the message.
func TestAMessageDoesNotKeepItsExcludedMember(t *testing.T) {
	cfg := silent()
	cfg.History = History{Messages: 100, Age: 600, Memory: 1 << 20}
	var a *sink
	cfg.Excluded = func(string, []byte) *Member { return &a.member }
	h := New(cfg)
	stays := join(h, "general", "Bob")
	a = newSink("Ada")
	freed := make(chan struct{})
	runtime.AddCleanup(a, func(struct{}) { close(freed) }, struct{}{})
	require.NoError(t, h.Join(&a.member, "general", a, 1))
	stays.member.Publish(body(t, "hi"), clock(), nil)
	a.member.Leave(1)
	a = nil
	require.Eventually(t, func() bool {
		runtime.GC()
		select {
		case <-freed:
			return true
		default:
			return false
		}
	}, 30*time.Second, 10*time.Millisecond)
	runtime.KeepAlive(stays)
}

func TestAnExclusionInAThousandAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops items at random")
	}
	h, publish := excludingHub(t)
	for range 2000 { // fill the pools of chunks
		publish()
	}
	assert.Zero(t, testing.AllocsPerRun(100, publish))
	assert.Positive(t, h.Stats().Counts[Excluded])
}

// excludingHub returns a hub with a room of 1,000 members. publish publishes a message that one of them does not receive.
func excludingHub(t testing.TB) (h *Hub, publish func()) {
	cfg := silent()
	members := make([]discard, 1000)
	cfg.Excluded = func(string, []byte) *Member { return &members[500].member }
	h = New(cfg)
	for i := range members {
		require.NoError(t, h.Join(&members[i].member, "general", &members[i], 1))
	}
	text, p := body(t, "a message"), new(flusher)
	return h, func() {
		members[0].member.Publish(text, clock(), nil)
		for h.queue.Len() > 0 {
			h.flushNext(p)
		}
	}
}

func BenchmarkFanOutExcludingOne(b *testing.B) {
	_, publish := excludingHub(b)
	b.ReportAllocs()
	for b.Loop() {
		publish()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/delivery")
}
