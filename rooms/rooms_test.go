package rooms

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"plenum/codec"
	"plenum/codec/frame"
	"plenum/rooms/internal/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink is a Sink with a buffer of a number of bytes, which the test drains.
type sink struct {
	name   string
	view   View // set before the join; nil: the log's own form
	member Member

	mu     sync.Mutex
	free   int // free bytes of the buffer; negative: no bound
	queued int // bytes of the last frame that did not fit
	got    []byte
	writes int
	closed string
	waits  bool   // it resumes, and waits for release
	during func() // runs once, inside the next WriteFrames
}

// release calls Drained for a resuming member, which is written from then on.
func (s *sink) release() {
	if s.waits {
		s.waits = false
		s.member.Drained()
	}
}

func newSink(name string) *sink { return &sink{name: name, free: -1} }

func (s *sink) Name() string { return s.name }

func (s *sink) View() View { return s.view }

func (s *sink) Close(code int, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = fmt.Sprint(code, " ", reason)
	return nil
}

// WriteFrames behaves like engine.Conn: it takes whole frames, of which the last may exceed the
// buffer.
func (s *sink) WriteFrames(b []byte) (int, error) {
	s.mu.Lock()
	during := s.during
	s.during = nil
	s.mu.Unlock()
	if during != nil {
		during()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued > 0 {
		return 0, nil
	}
	n := len(b)
	if s.free >= 0 && n > s.free {
		n = frame.Whole(b, s.free+1)
		s.queued, s.free = n-s.free, 0
	} else if s.free >= 0 {
		s.free -= n
	}
	s.got = append(s.got, b[:n]...)
	s.writes++
	return n, nil
}

// drain empties the buffer, which then has that many free bytes; negative: no bound.
func (s *sink) drain(free int) {
	s.mu.Lock()
	was := s.queued
	s.queued, s.free = 0, free
	s.mu.Unlock()
	if was > 0 {
		s.member.Drained()
	}
}

// frames returns the number of messages received.
func (s *sink) frames() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return frame.Count(s.got)
}

// written returns the number of writes.
func (s *sink) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// seqs returns the numbers of the messages received.
func (s *sink) seqs(t require.TestingT) (seqs []uint64) {
	for _, m := range s.messages(t) {
		seqs = append(seqs, m.Seq)
	}
	return seqs
}

func (s *sink) messages(t require.TestingT) (all []codec.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for payload := range frame.Payloads(s.got) {
		var m codec.Message
		require.NoError(t, json.Unmarshal(payload, &m))
		all = append(all, m)
	}
	return all
}

// seqsAndGaps returns the numbers of the messages received, and of the messages that gaps have
// reported.
func (s *sink) seqsAndGaps(t require.TestingT) (seqs []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for payload := range frame.Payloads(s.got) {
		var m struct {
			Type          string
			Seq, From, To uint64
		}
		require.NoError(t, json.Unmarshal(payload, &m))
		if m.Type == "gap" {
			seqs = append(seqs, numbers(m.From, m.To)...)
		} else {
			seqs = append(seqs, m.Seq)
		}
	}
	return seqs
}

func (s *sink) texts(t require.TestingT) (texts []string) {
	for _, m := range s.messages(t) {
		texts = append(texts, m.Sender+": "+m.Text)
	}
	return texts
}

func body(t require.TestingT, text string) []byte { return bodyBy(t, "Alex", text) }

func bodyBy(t require.TestingT, sender, text string) []byte {
	b, err := codec.Encode(codec.Message{Sender: sender, Text: text, Room: "general", Timestamp: 1})
	require.NoError(t, err)
	return b.Bytes()
}

// receipt records the result of a publish.
type receipt struct {
	epoch Epoch
	seq   uint64
	err   error
	calls int
}

func (r *receipt) Published(epoch Epoch, seq uint64, err error) {
	*r = receipt{epoch, seq, err, r.calls + 1}
}

// publishAs publishes a message as a member, and returns the result.
func publishAs(m *Member, body []byte, now int64) (seq uint64, err error) {
	r := new(receipt)
	m.Publish(body, now, r)
	if r.calls != 1 {
		panic("the receipt was not called exactly once")
	}
	return r.seq, r.err
}

// publishOutside publishes a message from outside, and returns the result.
func publishOutside(h *Hub, room string, body []byte, now int64) (seq uint64, epoch string, err error) {
	r := new(receipt)
	h.Publish(room, body, now, r)
	if r.calls != 1 {
		panic("the receipt was not called exactly once")
	}
	return r.seq, r.epoch.String(), r.err
}

// step does the next flush of a worker, and returns false if none is due. Tests that use it have no
// workers, so that they decide the order of events.
func (h *Hub) step() bool {
	if h.queue.Len() == 0 {
		return false
	}
	return h.flushNext(new(flusher))
}

func (h *Hub) settle() {
	for h.step() {
	}
}

var now atomic.Int64

// clock returns the time in Unix milliseconds. Each call returns one millisecond more.
func clock() int64 { return now.Add(1) }

// silent returns a Config without announcements.
func silent() Config { return Config{AnnounceLimit: -1, Chunks: newFixedChunks(2, largeChunk+1)} }

func join(h *Hub, room, name string) *sink {
	s := newSink(name)
	h.Join(&s.member, room, s, 1)
	return s
}

// notInline is the number of members of a room with one segment whose messages are not flushed inline, because their
// publisher is batched.
const notInline = 20

// batched is a Sink whose messages always arrive together with others. The test flushes them, with settle or step.
type batched struct{ *sink }

func (batched) AfterTurn(interface{ Run() (again bool) }) bool { return true }
func (batched) InBatch() bool                                  { return true }
func (batched) Poller() int                                    { return 0 }

func joinMany(h *Hub, room string, n int) (all []*sink) {
	for i := range n {
		all = append(all, join(h, room, fmt.Sprint("m", i)))
	}
	return all
}

// numbers returns the numbers from first to last.
func numbers(first, last uint64) (seqs []uint64) {
	for n := first; n <= last; n++ {
		seqs = append(seqs, n)
	}
	return seqs
}

func TestASmallRoomIsWrittenBeforePublishReturns(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", segmentSize)
	seq, err := publishAs(&members[0].member, body(t, "hi"), clock())
	require.NoError(t, err)
	assert.EqualValues(t, 1, seq)
	for _, m := range members {
		assert.Equal(t, []string{"Alex: hi"}, m.texts(t))
	}
	assert.Zero(t, h.queue.Len())
}

func TestALargeRoomIsWrittenByTheWorkers(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", 1000)
	members[0].member.Publish(body(t, "hi"), clock(), nil)
	assert.Empty(t, members[0].got)
	assert.EqualValues(t, (1000+segmentSize-1)/segmentSize, h.Stats().Counts[QueuedSegments])
	h.settle()
	assert.Zero(t, h.Stats().Counts[QueuedSegments])
	for _, m := range members {
		assert.Equal(t, numbers(1, 1), m.seqs(t))
	}
}

func TestMessagesPublishedDuringAFlushGoOutInOneWrite(t *testing.T) {
	h := New(silent())
	m := join(h, "general", "m")
	m.during = func() {
		for range 5 {
			m.member.Publish(body(t, "more"), clock(), nil)
		}
	}
	m.member.Publish(body(t, "first"), clock(), nil)
	h.settle()
	assert.Equal(t, numbers(1, 6), m.seqs(t))
	assert.EqualValues(t, 2, h.Stats().Counts[Writes])
	assert.EqualValues(t, 6, h.Stats().Counts[Deliveries])
}

func TestAMemberReceivesTheMessagesAfterItsJoinOnly(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", segmentSize+1) // too many for an inline flush, so the messages wait in the log
	members[0].member.Publish(body(t, "before"), clock(), nil)
	late := join(h, "general", "late")
	members[0].member.Publish(body(t, "after"), clock(), nil)
	h.settle()
	assert.Equal(t, numbers(1, 2), members[0].seqs(t))
	assert.Equal(t, numbers(2, 2), late.seqs(t))
}

func TestAMemberBehindKeepsItsPositionAndCatchesUp(t *testing.T) {
	h := New(silent())
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	slow.free = 10
	for range 500 { // takes several chunks of the log
		fast.member.Publish(body(t, "a message of some length, so that chunks fill up soon enough ........................"), clock(), nil)
		h.settle()
	}
	assert.Equal(t, numbers(1, 500), fast.seqs(t))
	assert.Equal(t, numbers(1, 1), slow.seqs(t))
	assert.EqualValues(t, 1, h.Stats().Counts[FellBehind])
	slow.drain(20_000)
	h.settle()
	partly := len(slow.seqs(t))
	assert.Greater(t, partly, 1)
	assert.Less(t, partly, 500)
	slow.drain(-1)
	h.settle()
	assert.Equal(t, numbers(1, 500), slow.seqs(t))
	fast.member.Publish(body(t, "and on"), clock(), nil)
	h.settle()
	assert.Equal(t, numbers(1, 501), slow.seqs(t))
	require.NoError(t, h.Check())
	info := h.rooms.shard("general").rooms["general"]
	assert.Nil(t, info.log.first, "all members have read the log, but it holds a chunk")
}

// publishMany publishes n messages of about 100 bytes, and flushes each.
func (s *sink) publishMany(t *testing.T, h *Hub, n int) {
	t.Helper()
	for range n {
		s.member.Publish(body(t, "a message of some length ........................................................"), clock(), nil)
		h.settle()
	}
}

func TestAMemberTooFarBehindIsClosedAndItsPositionGivenUp(t *testing.T) {
	cfg := silent()
	cfg.SlowLag = 10_000
	h := New(cfg)
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	slow.free = 0
	fast.publishMany(t, h, 200)
	assert.Equal(t, "1013 Too slow", slow.closed)
	assert.EqualValues(t, 1, h.Stats().Counts[Evictions])
	assert.Equal(t, numbers(1, 200), fast.seqs(t))
	room := h.rooms.shard("general").rooms["general"]
	assert.Nil(t, room.log.first)
	slow.drain(-1)
	slow.member.Leave(1)
	h.settle()
	fast.member.Publish(body(t, "on"), clock(), nil)
	assert.Equal(t, numbers(1, 201), fast.seqs(t))
	require.NoError(t, h.Check())
}

func TestAMemberTooFarBehindSkipsToTheHeadIfConfigHasGap(t *testing.T) {
	cfg := silent()
	cfg.SlowLag = 10_000
	cfg.Gap = codec.AppendGap
	h := New(cfg)
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	slow.free = 0
	fast.publishMany(t, h, 200)
	room := h.rooms.shard("general").rooms["general"]
	assert.Nil(t, room.log.first, "the log is held for a member that skips")
	slow.drain(0) // free bytes for the gap only
	h.settle()
	fast.member.Publish(body(t, "while it has no room"), clock(), nil)
	h.settle()
	slow.drain(-1)
	h.settle()
	fast.member.Publish(body(t, "on"), clock(), nil)
	h.settle()

	assert.Empty(t, slow.closed)
	assert.Equal(t, []uint64{1, 0, 201, 202}, slow.seqs(t), "0: the gap")
	assert.Equal(t, numbers(1, 202), slow.seqsAndGaps(t))
	assert.Equal(t, numbers(1, 202), fast.seqs(t))
	assert.Zero(t, h.Stats().Counts[Evictions])
	assert.EqualValues(t, 1, h.Stats().Counts[Gaps])
	assert.EqualValues(t, 199, h.Stats().Counts[MissedMessages])
	require.NoError(t, h.Check())
}

func TestAMemberThatSkipsMayLeave(t *testing.T) {
	cfg := silent()
	cfg.SlowLag = 1000
	cfg.Gap = codec.AppendGap
	h := New(cfg)
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	slow.free = 0
	fast.publishMany(t, h, 50)
	slow.drain(-1)
	slow.member.Leave(1)
	h.settle()
	assert.Equal(t, numbers(1, 1), slow.seqsAndGaps(t), "the member was written after its leave")
	assert.Zero(t, h.Stats().Counts[Gaps])
	require.NoError(t, h.Check())
}

func TestLeaveReturnsAChannelThatIsClosedWhenTheCurrentFlushEnds(t *testing.T) {
	h := New(silent())
	a, b := join(h, "general", "Alex"), join(h, "general", "Béa")
	var ended <-chan struct{}
	a.during = func() { ended = b.member.Leave(1) }
	a.member.Publish(body(t, "hi"), clock(), nil)
	h.settle()
	require.NotNil(t, ended)
	select {
	case <-ended:
	default:
		assert.Fail(t, "the flush has ended, but the channel is not closed")
	}
	assert.Nil(t, a.member.Leave(1), "no flush is running")
}

func TestDrainedIsNotLostIfCalledDuringTheFlushThatCutTheWrite(t *testing.T) {
	h := New(silent())
	slow, other := join(h, "general", "slow"), join(h, "general", "other")
	slow.free = 0
	other.during = func() { slow.drain(-1) } // during the flush that cut the write to slow
	other.member.Publish(body(t, "hi"), clock(), nil)
	other.member.Publish(body(t, "hi"), clock(), nil)
	h.settle()
	assert.Equal(t, numbers(1, 2), slow.seqs(t))
}

func TestARoomRejectsMessagesWhenItsBacklogIsFull(t *testing.T) {
	h := New(silent())
	members := make([]discard, segmentSize) // one segment, which no worker has flushed yet
	for i := range members {
		h.Join(&members[i].member, "general", &members[i], 1)
	}
	room := h.rooms.shard("general").rooms["general"]
	text := body(t, string(make([]byte, 10_000)))
	publish := func() error {
		_, err := publishAs(&members[0].member, text, 1)
		return err
	}
	var err error
	for n := 0; err == nil; n++ {
		require.LessOrEqual(t, room.log.head-room.members.segments[0].at, int64(maxBacklog+largeChunk))
		err = publish()
	}
	require.ErrorIs(t, err, ErrBacklog)
	assert.EqualValues(t, 1, h.Stats().Counts[BacklogFull])
	h.settle()
	require.NoError(t, publish(), "after the flush the room accepts messages again")
}

func TestOneSlowMemberDoesNotFillTheBacklog(t *testing.T) {
	cfg := silent()
	cfg.SlowLag = 4 * maxBacklog
	h := New(cfg)
	fast, slow := join(h, "general", "fast"), join(h, "general", "slow")
	slow.free = 0
	text := body(t, string(make([]byte, 100_000)))
	for range 2 * maxBacklog / 600_000 {
		_, err := publishAs(&fast.member, text, clock())
		require.NoError(t, err)
		h.settle()
		fast.got = nil
	}
}

func TestAFloodIntoASmallRoomIsWrittenInBatches(t *testing.T) {
	h := New(silent())
	m := join(h, "general", "m")
	for range 1000 {
		m.member.Publish(body(t, "again"), 7, nil) // all in one millisecond
	}
	h.settle()
	assert.Equal(t, numbers(1, 1000), m.seqs(t))
	assert.LessOrEqual(t, h.Stats().Counts[Writes], int64(1000*100/smallChunk+3), "one write per chunk, not one per message")
}

// publishDigests publishes the digests of a whole period.
func (h *Hub) publishDigests(now int64) {
	for part := range digestParts {
		h.digests.publishPart(part, now)
	}
}

func TestARejectedAnnouncementGoesIntoTheDigest(t *testing.T) {
	h := New(Config{AnnounceLimit: 10})
	a := join(h, "general", "Alex")
	room := h.rooms.shard("general").rooms["general"]
	room.mu.Lock()
	room.members.segments[0].state = queued // as if a worker were about to flush it
	room.mu.Unlock()
	text := body(t, string(make([]byte, 100_000)))
	for err := error(nil); err == nil; {
		_, err = publishAs(&a.member, text, 1)
	}
	b := join(h, "general", "Béa")
	h.publishDigests(1) // the backlog is still full
	h.queue.Push(&room.members.segments[0].item, 1, queue.Anywhere)
	h.settle()
	h.publishDigests(2)
	h.settle()
	assert.Equal(t, []string{"System: 1 joined, 0 left, 2 here"}, b.texts(t))
}

func TestAnEmptyRoomIsRemoved(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", 200)
	members[0].free = 0
	members[1].member.Publish(body(t, "hi"), clock(), nil)
	for _, m := range members {
		m.member.Leave(1)
	}
	h.settle()
	_, found := h.Room("general")
	assert.False(t, found)
	want := Stats{}
	want.Counts[Published] = 1
	for _, c := range []Counter{FellBehind, Deliveries, DeliveredBytes, Writes} {
		want.Counts[c] = h.Stats().Counts[c]
	}
	assert.Equal(t, want, h.Stats())
	require.NoError(t, h.Check())
}

func TestARoomThatStartsAgainHasAnotherEpoch(t *testing.T) {
	h := New(silent())
	a := join(h, "general", "a")
	before, _ := h.Room("general")
	a.member.Leave(1)
	join(h, "general", "b")
	after, _ := h.Room("general")
	assert.NotEqual(t, before.Epoch, after.Epoch)
}

func TestAMessageToARoomWithoutMembersIsAcceptedAndTheRoomEnds(t *testing.T) {
	h := New(silent())
	seq, epoch, err := publishOutside(h, "nowhere", body(t, "hi"), 1)
	require.NoError(t, err)
	assert.EqualValues(t, 1, seq)
	assert.NotEmpty(t, epoch)
	_, found := h.Room("nowhere")
	assert.False(t, found)
}

func TestRoomsArePagedByName(t *testing.T) {
	h := New(silent())
	for i := range 100 {
		s := join(h, fmt.Sprintf("room-%02d", i/2+i%2*50), "a")
		if i%2 == 1 {
			s.member.Leave(1)
		}
	}
	var names []string
	after, more := "", true
	for more {
		var page []Info
		page, more = h.Rooms(after, 7)
		for _, r := range page {
			names = append(names, r.Room)
			after = r.Room
		}
	}
	assert.Len(t, names, 50)
	assert.IsIncreasing(t, names)
	require.NoError(t, h.Check())
}

func TestAPageOfRoomsLooksAtFewOfThem(t *testing.T) {
	h := New(silent())
	const count, limit = 20_000, 10
	for i := range count {
		join(h, fmt.Sprintf("room-%05d", i), "a")
	}
	looked := map[*Room]bool{}
	first := page[*Room]{limit: limit, after: "room-10000", name: func(r *Room) string { looked[r] = true; return r.name }}
	h.rooms.fill(&first)
	found, more := first.get()
	assert.True(t, more)
	assert.Len(t, found, limit)
	assert.Equal(t, "room-10010", found[limit-1].name)
	assert.Less(t, len(looked), 2*shards, "about one per shard")
}

func TestJoinsAndLeavesAreAnnouncedByNameUpToTheLimit(t *testing.T) {
	h := New(Config{AnnounceLimit: 2})
	a, b := join(h, "general", "Alex"), join(h, "general", "Béa")
	c := join(h, "general", "Cid")
	c.member.Leave(1)
	b.member.Leave(1)
	h.publishDigests(1)
	h.settle()
	assert.Equal(t, []string{
		"System: Alex joined the room", "System: Béa joined the room",
		"System: Béa left the room", "System: 1 joined, 1 left, 1 here",
	}, a.texts(t))
}

func TestLargeRoomsReceiveADigestPerSecond(t *testing.T) {
	h := New(Config{AnnounceLimit: 0})
	a := joinMany(h, "general", 500)
	for _, m := range a[400:] {
		m.member.Leave(1)
	}
	h.publishDigests(1)
	h.publishDigests(2)
	h.settle()
	assert.Equal(t, []string{"System: 500 joined, 100 left, 400 here"}, a[0].texts(t))
}

// The digests of many rooms must not be published all at once.
func TestDigestsOfManyRoomsAreSpreadOverTheSecond(t *testing.T) {
	h := New(Config{AnnounceLimit: 0})
	const rooms = 1000
	for i := range rooms {
		join(h, fmt.Sprint("room ", i), "Alex")
	}
	published := int64(0)
	for part := range digestParts {
		h.digests.publishPart(part, 1)
		more := h.Stats().Counts[Published] - published
		published += more
		assert.InDelta(t, rooms/digestParts, more, rooms/digestParts/2, "part %d", part)
	}
	assert.EqualValues(t, rooms, published)
}

func TestEveryLargeRoomReceivesItsDigestWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Config{AnnounceLimit: 0, Workers: 1})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Serve(ctx) }()
		defer func() { stop(); <-done }()
		const rooms = 200
		for i := range rooms {
			join(h, fmt.Sprint("room ", i), "Alex")
		}
		time.Sleep(digestPeriod) // fake time
		synctest.Wait()
		assert.EqualValues(t, rooms, h.Stats().Counts[Published])
	})
}

func TestNoAnnouncementsIfTheyAreOff(t *testing.T) {
	h := New(silent())
	a := joinMany(h, "general", 3)
	a[1].member.Leave(1)
	h.publishDigests(1)
	assert.Empty(t, a[0].texts(t))
}

// discard is a Sink that takes all bytes and keeps none.
type discard struct{ member Member }

func (*discard) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (*discard) Close(int, string) error           { return nil }
func (*discard) Name() string                      { return "hole" }

func TestFanOutToAThousandAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops items at random")
	}
	cfg := silent()
	cfg.History = History{Messages: 100, Age: 600, Memory: 1 << 30}
	h := New(cfg)
	members := make([]discard, 1000)
	for i := range members {
		h.Join(&members[i].member, "general", &members[i], 1)
	}
	text := body(t, "a message")
	p := new(flusher)
	round := func() {
		members[0].member.Publish(text, clock(), nil)
		for h.queue.Len() > 0 {
			h.flushNext(p)
		}
	}
	for range 2000 { // fill the pools of chunks
		round()
	}
	assert.Zero(t, testing.AllocsPerRun(100, round))
}

func BenchmarkFanOut(b *testing.B) {
	h := New(silent())
	members := make([]discard, 1000)
	for i := range members {
		h.Join(&members[i].member, "general", &members[i], 1)
	}
	fanOut(b, h, &members[0].member, "a message")
}

// fanOut publishes as one of a thousand members.
func fanOut(b *testing.B, h *Hub, publisher *Member, text string) {
	encoded, p := body(b, text), new(flusher)
	b.ReportAllocs()
	for b.Loop() {
		publisher.Publish(encoded, clock(), nil)
		for h.queue.Len() > 0 {
			h.flushNext(p)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/delivery")
}

func BenchmarkJoinLeave(b *testing.B) {
	h := New(silent())
	joinMany(h, "general", 10_000)
	s := newSink("x")
	b.ReportAllocs()
	for b.Loop() {
		h.Join(&s.member, "general", s, 1)
		s.member.Leave(1)
	}
}

func TestRemovedRoomsUseNoMemory(t *testing.T) {
	cfg := silent()
	cfg.MaxRooms = 2
	h := New(cfg)
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	s := &sink{free: -1}
	rooms := 1_000_000
	if raceEnabled {
		rooms /= 50
	}
	before := live()
	for i := range rooms {
		var m Member
		require.NoError(t, h.Join(&m, strconv.Itoa(i), s, clock()))
		m.Leave(clock())
	}
	assert.Less(t, live(), before+1<<20)
	assert.Zero(t, h.Stats().Counts[Rooms])
	require.NoError(t, h.Check())
}

func TestNoMessageIsLostIfTheClockStepsBack(t *testing.T) {
	cfg := silent()
	cfg.AnnounceLimit = 10
	h := New(cfg)
	a := join(h, "general", "Alex")
	hour := time.Hour.Milliseconds()
	for _, now := range []int64{hour, hour, 0, 0, 2 * hour, hour} {
		_, err := publishAs(&a.member, body(t, "hi"), now)
		require.NoError(t, err)
		h.settle()
	}
	var b Member
	require.NoError(t, h.Join(&b, "general", newSink("b"), 0))
	b.Leave(-hour)
	h.settle()
	assert.Equal(t, numbers(1, 9), a.seqs(t))
	require.NoError(t, h.Check())
}
