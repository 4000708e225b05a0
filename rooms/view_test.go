package rooms

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
)

// spacesView is a View that appends count spaces to messages of at least from bytes.
type spacesView struct {
	count, from int
	rendered    *atomic.Int64 // counts the renderings, unless nil
}

var spaced = [2]View{spacesView{count: 1}, spacesView{count: 2, from: 1000}}

func (s spacesView) From() int { return s.from }

func (s spacesView) Render(dst, message []byte, _ string) []byte {
	if s.rendered != nil {
		s.rendered.Add(1)
	}
	return frame.Append(dst, frame.Text, append(bytes.Clone(message), strings.Repeat(" ", s.count)...))
}

// wantView checks that all messages received are in the member's view.
func (s *sink) wantView(t require.TestingT) {
	view, _ := s.view.(spacesView) // in the log's own form there is no space
	for payload := range frame.Payloads(s.got) {
		want := view.count
		if len(bytes.TrimRight(payload, " ")) < view.from {
			want = 0
		}
		require.Equal(t, want, len(payload)-len(bytes.TrimRight(payload, " ")), s.name)
	}
}

// joinViewers joins n members that read view.
func joinViewers(h *Hub, room string, view View, n int) (all []*sink) {
	for i := range n {
		s := newSink(fmt.Sprint("v", i))
		s.view = view
		_ = h.Join(&s.member, room, s, 1)
		all = append(all, s)
	}
	return all
}

func TestAFrameIsRenderedOncePerView(t *testing.T) {
	var rendered atomic.Int64
	cfg := silent()
	cfg.History = History{Messages: 100, Age: 600, Memory: 1 << 30}
	h := New(cfg)
	publisher := join(h, "general", "publisher")
	viewers := joinViewers(h, "general", spacesView{1, 100, &rendered}, 300)
	viewers[7].free = 10 // it falls behind
	const messages = 50
	for i := range messages {
		publisher.member.Publish(body(t, strings.Repeat("x", 200)), clock(), nil)
		publisher.member.Publish(body(t, "short"), clock(), nil)
		if i%3 == 0 {
			h.settle()
		}
	}
	h.settle()
	viewers[7].drain(-1)
	h.settle()
	late := newSink("late")
	late.view = spacesView{1, 100, &rendered}
	info, _ := h.Room("general")
	_, err := h.Resume(&late.member, "general", late, &Since{info.Epoch, 50}, 1)
	require.NoError(t, err)
	late.member.Drained()
	h.settle()
	assert.EqualValues(t, messages, rendered.Load(), "long messages once each, short ones not at all")
	for _, s := range viewers {
		require.Equal(t, numbers(1, 2*messages), s.seqs(t))
	}
	assert.Equal(t, numbers(51, 2*messages), late.seqs(t))
	assert.Equal(t, numbers(1, 2*messages), publisher.seqs(t))
	require.NoError(t, h.Check())
}

func TestMembersThatResumeFromEarlierAndEarlierShareRenderings(t *testing.T) {
	var rendered atomic.Int64
	cfg := silent()
	cfg.History = History{Messages: 100, Age: 600, Memory: 1 << 30}
	h := New(cfg)
	publisher := join(h, "general", "publisher")
	const messages = 100
	publish := func() { publisher.member.Publish(body(t, "short"), clock(), nil); h.settle() }
	for range messages {
		publish()
	}
	info, _ := h.Room("general")
	back := func(since uint64) {
		s := newSink("back")
		s.view = spacesView{1, 0, &rendered}
		_, err := h.Resume(&s.member, "general", s, &Since{info.Epoch, since}, 1)
		require.NoError(t, err)
		s.member.Drained()
		h.settle()
		require.Equal(t, numbers(since+1, messages), s.seqs(t))
		s.member.Leave(1)
		h.settle()
	}
	for since := messages - 1; since >= 0; since-- {
		back(uint64(since))
	}
	assert.EqualValues(t, messages, rendered.Load())
	require.NoError(t, h.Check())
	h.expirer.expire(1)
	h.expirer.expire(1)
	back(50)
	assert.EqualValues(t, messages+50, rendered.Load(), "the expirer has dropped the renderings that nobody read")
	require.NoError(t, h.Check())
}

func TestRenderingsAreCountedInTheLogsSize(t *testing.T) {
	cfg := silent()
	cfg.History = History{Messages: 1000, Age: 600, Memory: 1 << 30}
	h := New(cfg)
	publisher := join(h, "general", "publisher")
	joinViewers(h, "general", spaced[0], 20)
	publish := func() {
		publisher.member.Publish(body(t, strings.Repeat("x", 1000)), clock(), nil)
		h.settle()
	}
	publish()
	before := h.Stats().Counts[HistoryBytes]
	for range 200 {
		publish()
	}
	assert.Greater(t, h.Stats().Counts[HistoryBytes]-before, int64(2*200*1000), "both forms")
	require.NoError(t, h.Check())
	both := h.Stats().Counts[HistoryBytes]
	h.expirer.expire(1)
	require.NoError(t, h.Check())
	assert.Less(t, h.Stats().Counts[HistoryBytes], both-190*1000, "no member reads the renderings")
	h.rooms.each(func(r *Room) { r.history.reduce(r.history.dropAll) })
	assert.Zero(t, h.Stats().Counts[HistoryBytes])
}

func TestMembersWhoseViewsAreEqualShareOneRendering(t *testing.T) {
	var rendered atomic.Int64
	h := New(silent())
	publisher := join(h, "general", "publisher")
	all := joinViewers(h, "general", spacesView{1, 0, &rendered}, 30)
	all = append(all, joinViewers(h, "general", spacesView{1, 0, &rendered}, 30)...)
	all = append(all, joinViewers(h, "general", spacesView{2, 0, &rendered}, 30)...)
	for range 10 {
		publisher.member.Publish(body(t, "text"), clock(), nil)
		h.settle()
	}
	for _, s := range all {
		require.Equal(t, numbers(1, 10), s.seqs(t))
		s.wantView(t)
	}
	assert.EqualValues(t, 2*10, rendered.Load())
}

func TestAHubPanicsIfItHasMoreThanMaxViews(t *testing.T) {
	h := New(silent())
	for count := range maxViews {
		joinViewers(h, "general", spacesView{count: count}, 1)
	}
	for count := range maxViews {
		assert.EqualValues(t, 1+count, h.views.numberOf(&sink{view: spacesView{count: count}}))
	}
	assert.Zero(t, h.views.numberOf(&sink{}))
	assert.Panics(t, func() { joinViewers(h, "general", spacesView{count: maxViews}, 1) })
	assert.Len(t, h.views.all(), maxViews)
}

func TestFanOutInAViewAllocatesTheRenderingsOnly(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops items at random")
	}
	cfg := silent()
	h := New(cfg)
	members := make([]viewDiscard, 1000)
	for i := range members {
		members[i].view = spacesView{count: 1, from: 1 << 20}
		_ = h.Join(&members[i].member, "general", &members[i], 1)
	}
	text, p := body(t, "a message"), new(flusher)
	round := func() {
		members[0].member.Publish(text, clock(), nil)
		for h.queue.Len() > 0 {
			h.flushNext(p)
		}
	}
	for range 2000 {
		round()
	}
	assert.LessOrEqual(t, testing.AllocsPerRun(100, round), 1.0, "the renderings of a chunk that a viewer reads")
}

// viewDiscard is a discard that reads a View.
type viewDiscard struct {
	discard
	view View
}

func (h *viewDiscard) View() View { return h.view }

func BenchmarkFanOutInAView(b *testing.B) {
	cfg := silent()
	h := New(cfg)
	members := make([]viewDiscard, 1000)
	for i := range members {
		members[i].view = spacesView{count: 1, from: 100}
		_ = h.Join(&members[i].member, "general", &members[i], 1)
	}
	fanOut(b, h, &members[0].member, strings.Repeat("a message", 100))
}
