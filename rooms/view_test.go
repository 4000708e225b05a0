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

// spaced are views whose messages end with as many spaces as theirs is the number, the
// second only those of 1,000 bytes and more.
var spaced = []View{{Render: spaces(1)}, {From: 1000, Render: spaces(2)}}

func spaces(n int) func(dst, message []byte, epoch string) []byte {
	return func(dst, message []byte, _ string) []byte {
		return frame.Append(dst, frame.Text, append(bytes.Clone(message), strings.Repeat(" ", n)...))
	}
}

// wantView wants all that was heard in the member's view.
func (s *sink) wantView(t require.TestingT) {
	for payload := range frame.Payloads(s.got) {
		want := s.view
		if want == 2 && len(bytes.TrimRight(payload, " ")) < spaced[1].From {
			want = 0
		}
		require.Equal(t, want, len(payload)-len(bytes.TrimRight(payload, " ")), s.name)
	}
}

// joinViewers has n join who read view.
func joinViewers(h *Hub, room string, view, n int) (all []*sink) {
	for i := range n {
		s := newSink(fmt.Sprint("v", view, "-", i))
		s.view = view
		_ = h.Join(&s.member, room, s, 1)
		all = append(all, s)
	}
	return all
}

func TestAFrameIsRenderedOnceForAllWhoReadItSo(t *testing.T) {
	var rendered atomic.Int64
	cfg := silent()
	cfg.History = History{Messages: 100, Age: 600, Memory: 1 << 30}
	cfg.Views = []View{{From: 100, Render: func(dst, message []byte, epoch string) []byte {
		rendered.Add(1)
		return spaces(1)(dst, message, epoch)
	}}}
	h := New(cfg)
	speaker := join(h, "general", "speaker")
	viewers := joinViewers(h, "general", 1, 300)
	viewers[7].room = 10 // falls behind
	const messages = 50
	for i := range messages {
		speaker.member.Publish(body(t, strings.Repeat("x", 200)), clock(), nil)
		speaker.member.Publish(body(t, "short"), clock(), nil)
		if i%3 == 0 {
			h.settle()
		}
	}
	h.settle()
	viewers[7].drain(-1)
	h.settle()
	late := newSink("late")
	late.view = 1
	info, _ := h.Room("general")
	_, err := h.Resume(&late.member, "general", late, &Since{info.Epoch, 50}, 1)
	require.NoError(t, err)
	late.member.Drained()
	h.settle()
	assert.EqualValues(t, messages, rendered.Load(), "once each, and the short ones not at all")
	for _, s := range viewers {
		require.Equal(t, run(1, 2*messages), s.seqs(t))
	}
	assert.Equal(t, run(51, 2*messages), late.seqs(t))
	assert.Equal(t, run(1, 2*messages), speaker.seqs(t))
	require.NoError(t, h.Check())
}

func TestWhatWasRenderedIsRenderedOnceForThoseWhoComeBackFromEarlierAndEarlier(t *testing.T) {
	var rendered atomic.Int64
	cfg := silent()
	cfg.History = History{Messages: 100, Age: 600, Memory: 1 << 30}
	cfg.Views = []View{{Render: func(dst, message []byte, epoch string) []byte {
		rendered.Add(1)
		return spaces(1)(dst, message, epoch)
	}}}
	h := New(cfg)
	speaker := join(h, "general", "speaker")
	const messages = 100
	say := func() { speaker.member.Publish(body(t, "short"), clock(), nil); h.settle() }
	for range messages {
		say()
	}
	info, _ := h.Room("general")
	back := func(since uint64) {
		s := newSink("back")
		s.view = 1
		_, err := h.Resume(&s.member, "general", s, &Since{info.Epoch, since}, 1)
		require.NoError(t, err)
		s.member.Drained()
		h.settle()
		require.Equal(t, run(since+1, messages), s.seqs(t))
		s.member.Leave(1)
		h.settle()
	}
	for since := messages - 1; since >= 0; since-- {
		back(uint64(since))
	}
	assert.EqualValues(t, messages, rendered.Load())
	require.NoError(t, h.Check())
	h.expire(1)
	h.expire(1)
	back(50)
	assert.EqualValues(t, messages+50, rendered.Load(), "the keeper has dropped what nobody read")
	require.NoError(t, h.Check())
}

func TestWhatViewsTakeIsCountedAndGoesWithTheLog(t *testing.T) {
	cfg := silent()
	cfg.Views = spaced
	cfg.History = History{Messages: 1000, Age: 600, Memory: 1 << 30}
	h := New(cfg)
	speaker := join(h, "general", "speaker")
	joinViewers(h, "general", 1, 20)
	say := func() {
		speaker.member.Publish(body(t, strings.Repeat("x", 1000)), clock(), nil)
		h.settle()
	}
	say()
	before := h.Stats().Logs
	for range 200 {
		say()
	}
	assert.Greater(t, h.Stats().Logs-before, int64(2*200*1000), "both forms")
	require.NoError(t, h.Check())
	both := h.Stats().Logs
	h.expire(1)
	require.NoError(t, h.Check())
	assert.Less(t, h.Stats().Logs, both-190*1000, "nobody stands in what was rendered")
	h.each(func(r *Room) { r.forget(r.dropAll) })
	assert.Zero(t, h.Stats().Logs)
}

func TestAViewedRoomAllocatesNothingButWhatIsRendered(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops items at random")
	}
	cfg := silent()
	cfg.Views = []View{{From: 1 << 20, Render: spaces(1)}}
	h := New(cfg)
	members := make([]viewedHole, 1000)
	for i := range members {
		_ = h.Join(&members[i].member, "general", &members[i], 1)
	}
	text, p := body(t, "a message"), new(pass)
	round := func() {
		members[0].member.Publish(text, clock(), nil)
		for h.queue.len() > 0 {
			h.runNext(p)
		}
	}
	for range 2000 {
		round()
	}
	assert.LessOrEqual(t, testing.AllocsPerRun(100, round), 1.0, "a chunk's, where somebody reads another view")
}

// viewedHole is a hole that reads a view.
type viewedHole struct{ hole }

func (*viewedHole) View() int { return 1 }

func BenchmarkFanOutInAView(b *testing.B) {
	cfg := silent()
	cfg.Views = []View{{From: 100, Render: spaces(1)}}
	h := New(cfg)
	members := make([]viewedHole, 1000)
	for i := range members {
		_ = h.Join(&members[i].member, "general", &members[i], 1)
	}
	fanOut(b, h, &members[0].member, strings.Repeat("a message", 100))
}
