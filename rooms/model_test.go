package rooms

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/codec"
)

// model is the obvious slow implementation: for each member it holds the messages that the member
// must receive, recorded when they are published.
type model struct {
	t       *rapid.T
	hub     *Hub
	seq     map[string]uint64
	here    map[string][]*sink
	want    map[*sink][]uint64
	created int // number of Sinks
	depth   int // number of nested actions inside WriteFrames

	history       int               // messages retained per room
	announced     int               // announcements retained per room
	announcements map[string][]bool // for each message of a room, whether it is an announcement
	dropped       bool              // retained messages were dropped at some time
	quiet         uint64            // the first messages of a room, up to this number, are short announcements

	kept       map[string]uint64         // the last message of a room that is not by System, unless it was dropped
	excludes   *sink                     // the result of Config.Excluded for the next publish
	excluded   map[*sink]map[uint64]bool // the messages that a member must not receive
	exclusions int

	chunks *fixedChunks
}

func (m *model) room() string { return rapid.SampledFrom([]string{"a", "b"}).Draw(m.t, "room") }

func (m *model) pick() *sink {
	all := append(append([]*sink{}, m.here["a"]...), m.here["b"]...)
	if len(all) == 0 {
		return nil
	}
	return rapid.SampledFrom(all).Draw(m.t, "member")
}

// nextExcluded is Config.Excluded.
func (m *model) nextExcluded(string, []byte) *Member {
	s := m.excludes
	m.excludes = nil
	if s == nil {
		return nil
	}
	return &s.member
}

// newSink returns a Sink for a new member of a room, with any View.
func (m *model) newSink(room string) *sink {
	m.created++
	s := newSink(fmt.Sprint(room, m.created))
	s.view = rapid.SampledFrom([]View{nil, spaced[0], spaced[1]}).Draw(m.t, "view")
	return s
}

func (m *model) join() {
	room := m.room()
	s := m.newSink(room)
	m.hub.Join(&s.member, room, s, 1)
	m.here[room] = append(m.here[room], s)
	m.want[s] = nil
}

// resume lets a member resume at an earlier position.
func (m *model) resume() {
	room, epoch := m.room(), "another"
	head, known := m.seq[room], rapid.Bool().Draw(m.t, "known")
	if info, here := m.hub.Room(room); here && known {
		epoch = info.Epoch
	} else {
		known = false
	}
	since := Since{epoch, uint64(rapid.IntRange(0, int(head)).Draw(m.t, "since"))}
	wanted := since.Seq + 1
	if !known {
		wanted = 1
	}
	s := m.newSink(room)
	p, err := m.hub.Resume(&s.member, room, s, &since, 1)
	require.NoError(m.t, err)
	next := wanted
	if p.Lost {
		next = p.To + 1
		require.Equal(m.t, wanted, p.From)
	}
	require.Equal(m.t, !p.Lost, p.Recovered)
	require.Equal(m.t, next-1, p.Behind)
	require.Equal(m.t, head, p.Seq)
	switch kept := m.kept[room]; {
	case kept == 0 || kept >= next || known && kept <= since.Seq:
		require.Nil(m.t, p.Kept)
	default:
		require.NotNil(m.t, p.Kept)
		require.Equal(m.t, kept, p.Kept.Seq)
	}
	least := m.firstRetained(room, m.history)
	require.GreaterOrEqual(m.t, next, least)
	if !m.dropped {
		require.Equal(m.t, max(wanted, least), next)
	}
	m.here[room] = append(m.here[room], s)
	m.want[s] = numbers(next, head)
	s.waits = true
	if rapid.Bool().Draw(m.t, "at once") {
		s.release()
	}
}

// firstRetained returns the number of the first message that a room retains if History.Messages is
// messages. For the latest page, messages is the smaller one of that bound and the limit.
func (m *model) firstRetained(room string, messages int) uint64 {
	isAnnouncement := m.announcements[room]
	if messages == 0 {
		return uint64(len(isAnnouncement)) + 1
	}
	for seq, users, announcements := len(isAnnouncement), 0, 0; seq > 0; seq-- {
		if isAnnouncement[seq-1] {
			announcements++
		} else {
			users++
		}
		if users == messages || announcements == m.announced {
			return uint64(seq)
		}
	}
	return 1
}

// latest reads the latest page of a room's history.
func (m *model) latest() {
	room, limit := m.room(), rapid.IntRange(1, 10).Draw(m.t, "limit")
	page, here := m.hub.Messages(room, nil, limit, 1)
	if !here {
		return
	}
	require.False(m.t, page.More)
	require.Equal(m.t, Since{page.Epoch, m.seq[room]}, page.Next)
	if !m.dropped {
		require.Len(m.t, page.Messages, int(m.seq[room]+1-m.firstRetained(room, min(limit, m.history))))
	}
}

// read reads a room's history from some position on.
func (m *model) read() {
	room := m.room()
	page, here := m.hub.Messages(room, &Since{}, 1000, 1)
	if !here {
		return
	}
	var seqs []uint64
	for _, b := range page.Messages {
		var message codec.Message
		require.NoError(m.t, json.Unmarshal(b, &message))
		seqs = append(seqs, message.Seq)
	}
	require.Equal(m.t, numbers(m.seq[room]+1-uint64(len(seqs)), m.seq[room]), seqs)
	if !m.dropped {
		require.Len(m.t, seqs, int(m.seq[room]+1-m.firstRetained(room, m.history)))
	}
	require.Equal(m.t, Since{page.Epoch, m.seq[room]}, page.Next)
}

// dropHistory drops retained messages, and shrinks the logs.
func (m *model) dropHistory() {
	if rapid.Bool().Draw(m.t, "all") {
		m.dropped = true
		m.hub.rooms.each(func(r *Room) { r.history.reduce(r.history.dropAll) })
		for room := range m.seq {
			if _, here := m.hub.Room(room); !here {
				m.seq[room], m.announcements[room], m.kept[room] = 0, nil, 0
			}
		}
		return
	}
	m.hub.rooms.each(func(r *Room) { r.history.reduce(func() { r.history.shrink(1); r.log.dropViews() }) })
}

func (m *model) leave() {
	s := m.pick()
	if s == nil {
		return
	}
	room := s.name[:1]
	for i, other := range m.here[room] {
		if other == s {
			m.here[room] = append(m.here[room][:i:i], m.here[room][i+1:]...)
		}
	}
	delete(m.want, s)
	s.member.Leave(1)
	if _, here := m.hub.Room(room); !here {
		m.seq[room], m.announcements[room], m.kept[room] = 0, nil, 0
	}
}

func (m *model) publish() {
	room := m.room()
	if len(m.here[room]) == 0 {
		return
	}
	size := rapid.SampledFrom([]int{1, 300, 5000, 70_000}).Draw(m.t, "size")
	sender := rapid.SampledFrom([]string{"Alex", codec.System}).Draw(m.t, "sender")
	if m.seq[room] < m.quiet {
		size, sender = min(size, 300), codec.System
	}
	if m.hub.rooms.find(room).overload.overloaded.Load() { // it rejects messages from outside
		_, _, err := publishOutside(m.hub, room, bodyBy(m.t, sender, ""), clock())
		require.ErrorIs(m.t, err, ErrOverloaded)
		return
	}
	m.seq[room]++
	if rapid.Bool().Draw(m.t, "excludes") {
		m.excludes = m.pick() // from any room
	}
	for _, s := range m.here[room] {
		if s != m.excludes {
			m.want[s] = append(m.want[s], m.seq[room])
			continue
		}
		m.exclusions++
		if m.excluded[s] == nil {
			m.excluded[s] = map[uint64]bool{}
		}
		m.excluded[s][m.seq[room]] = true
	}
	want := m.seq[room]
	m.announcements[room] = append(m.announcements[room], sender == codec.System)
	if sender != codec.System {
		m.kept[room] = m.seq[room]
	}
	seq, _, err := publishOutside(m.hub, room, bodyBy(m.t, sender, string(make([]byte, size/6))), clock()) // a NUL byte takes six bytes in JSON
	require.NoError(m.t, err)
	require.Equal(m.t, want, seq)
}

func (m *model) stall() {
	if s := m.pick(); s != nil {
		s.mu.Lock()
		s.free = rapid.IntRange(0, 10_000).Draw(m.t, "free")
		s.mu.Unlock()
	}
}

func (m *model) drain() {
	if s := m.pick(); s != nil {
		s.drain(rapid.SampledFrom([]int{-1, 0, 1000}).Draw(m.t, "free"))
	}
}

// duringWrite lets an action happen inside a member's next write.
func (m *model) duringWrite() {
	s := m.pick()
	if s == nil {
		return
	}
	act := rapid.SampledFrom([]func(){m.join, m.leave, m.publish, m.drain, m.stall, m.resume, m.step, m.delayOver}).Draw(m.t, "act")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.during = func() {
		if m.depth < 3 {
			m.depth++
			act()
			m.depth--
		}
	}
}

// step does the next work in the queue. If it is called inside a write, it acts as another worker.
func (m *model) step() { m.hub.step() }

// delayOver ends the delay of all rooms, if there is one.
func (m *model) delayOver() {
	m.hub.rooms.each(func(r *Room) {
		if r.delay != nil {
			r.delayOver()
		}
	})
}

func (m *model) verify() {
	for s := range m.want {
		s.during = nil
		s.release()
	}
	for again := true; again; {
		m.delayOver()
		m.hub.settle()
		again = false
		for s := range m.want {
			if s.queued > 0 {
				s.drain(-1)
				again = true
			}
		}
	}
	skipped := m.hub.Stats().Counts[Gaps] > 0
	least := 0
	for s, want := range m.want {
		isExcluded := func(seq uint64) bool { return m.excluded[s][seq] }
		require.False(m.t, slices.ContainsFunc(s.seqs(m.t), isExcluded), s.name)
		got := slices.DeleteFunc(s.seqsAndGaps(m.t), isExcluded) // a gap may have numbers of excluded messages
		require.True(m.t, slices.Equal(want, got), "%s: want %v, got %v", s.name, want, got)
		s.wantView(m.t)
		least += len(m.excluded[s])
	}
	excluded := int(m.hub.Stats().Counts[Excluded])
	require.LessOrEqual(m.t, excluded, m.exclusions)
	if !skipped {
		require.GreaterOrEqual(m.t, excluded, least, "each member that stays is written around its messages")
	}
	require.NoError(m.t, m.hub.Check())
	m.hub.rooms.each(func(r *Room) {
		if m.history > 0 {
			r.history.reduce(r.history.forget)
		}
		require.Nil(m.t, r.log.first, "the log is empty if all members have read it")
	})
	require.Zero(m.t, m.hub.Stats().Counts[HistoryBytes])
	require.Len(m.t, m.chunks.free, 2, "all chunks were put back")
}

func TestRoomsAgreeWithTheModel(t *testing.T) {
	for name, policy := range map[string]Config{
		"no member is too far behind":                 {SlowLag: 1 << 40},
		"slow members skip":                           {SlowLag: 30_000, Gap: codec.AppendGap},
		"with history":                                {SlowLag: 1 << 40, History: History{Messages: 7, Age: 1 << 40, Memory: 1 << 40}},
		"with few announcements":                      {SlowLag: 1 << 40, History: History{Messages: 7, Announcements: 4, Age: 1 << 40, Memory: 1 << 40}},
		"with a delay":                                {SlowLag: 1 << 40, WriteDelay: time.Hour},
		"slow members skip, with a delay and history": {SlowLag: 30_000, Gap: codec.AppendGap, WriteDelay: time.Hour, History: History{Messages: 7, Age: 1 << 40, Memory: 1 << 40}},
		"slow members skip, with history":             {SlowLag: 30_000, Gap: codec.AppendGap, History: History{Messages: 7, Age: 1 << 40, Memory: 1 << 40}},
	} {
		t.Run(name, func(t *testing.T) { agreeWithTheModel(t, policy) })
	}
}

func agreeWithTheModel(t *testing.T, policy Config) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := silent()
		cfg.SlowLag, cfg.Gap, cfg.History, cfg.WriteDelay = policy.SlowLag, policy.Gap, policy.History, policy.WriteDelay
		chunks := newFixedChunks(2, 2*largeChunk)
		cfg.Chunks = chunks
		m := &model{t: t, kept: map[string]uint64{}, excluded: map[*sink]map[uint64]bool{}, chunks: chunks, history: policy.History.Messages, announced: policy.History.announcements(), announcements: map[string][]bool{}, seq: map[string]uint64{}, here: map[string][]*sink{}, want: map[*sink][]uint64{}}
		cfg.Excluded = m.nextExcluded
		cfg.Keeps = func(_ string, body []byte) bool { return !codec.IsAnnouncement(body) }
		m.hub = New(cfg)
		m.quiet = uint64(rapid.SampledFrom([]int{0, 5, 1000}).Draw(t, "quiet"))
		for range rapid.IntRange(0, 150).Draw(t, "members") {
			m.join()
		}
		actions := []func(){m.join, m.leave, m.publish, m.publish, m.stall, m.drain, m.duringWrite, m.resume, m.delayOver, m.step, m.step}
		if m.history > 0 {
			actions = append(actions, m.read, m.latest, m.dropHistory)
		}
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			rapid.SampledFrom(actions).Draw(t, "action")()
		}
		m.verify()
	})
}

// All actions at once, with real workers: each member receives consecutive numbers from its join
// on, and the members that stay receive the last message.
func TestOrderHoldsUnderRandomJoinsLeavesAndSlowMembers(t *testing.T) {
	cfg := silent()
	cfg.SlowLag = 1 << 40
	h := New(cfg)
	ctx, stop := context.WithCancel(t.Context())
	var served, acting sync.WaitGroup
	served.Go(func() { h.Serve(ctx) })

	const messages = 700
	stayers := joinMany(h, "general", 150)
	var published sync.WaitGroup
	for p := range 3 {
		published.Go(func() {
			for range messages {
				stayers[p].member.Publish(body(t, "some text"), clock(), nil)
			}
		})
	}
	done := make(chan struct{})
	for n := range 3 {
		acting.Go(func() { churn(t, h, n, done) })
	}
	acting.Go(func() { stallAndDrain(stayers, done) })
	published.Wait()
	close(done)
	acting.Wait()

	for _, s := range stayers {
		require.Eventually(t, func() bool {
			s.drain(-1)
			return s.frames() == 3*messages
		}, 20*time.Second, time.Millisecond)
		require.Equal(t, numbers(1, 3*messages), s.seqs(t))
	}
	stop()
	served.Wait()
	require.NoError(t, h.Check())
}

// churn joins and leaves until done is closed, and checks the messages received between a join and
// a leave.
func churn(t *testing.T, h *Hub, n int, done chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		s := join(h, "general", fmt.Sprint("churn", n, "-", i))
		for range rand.IntN(200) {
			s.drain(rand.IntN(3000))
		}
		s.member.Leave(1)
		seqs := s.seqs(t)
		for k := 1; k < len(seqs); k++ {
			if seqs[k] != seqs[k-1]+1 {
				t.Errorf("%s saw %d after %d", s.name, seqs[k], seqs[k-1])
				return
			}
		}
	}
}

func stallAndDrain(stayers []*sink, done chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
			stayers[rand.IntN(len(stayers))].drain(rand.IntN(5000))
		}
	}
}
