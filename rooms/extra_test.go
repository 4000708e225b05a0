package rooms

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/codec/frame"
)

// extraView is a View that appends extras to messages, which it changes in no other way.
type extraView struct{}

func (extraView) From() int { return 0 }

func (extraView) Render(dst, message []byte, _ string) []byte {
	return frame.Append(dst, frame.Text, message)
}

func (extraView) RenderExtra(dst, message []byte, extra, _ string) []byte {
	return frame.Append(dst, frame.Text, append(bytes.Clone(message), extra...))
}

// joinOf returns the body of a join with an info.
func joinOf(t require.TestingT, name, info string) []byte {
	return codec.AppendInfo(nil, bodyBy(t, codec.System, name+codec.JoinedText), info)
}

func TestOnlyViewsThatRenderExtrasReceiveThem(t *testing.T) {
	h := New(silent())
	plain, spaces, with := join(h, "a", "plain"), joinViewers(h, "a", spaced[0], 1)[0], joinViewers(h, "a", extraView{}, 1)[0]
	for _, body := range [][]byte{joinOf(t, "Ada", `{"age":1}`), body(t, "hi"), joinOf(t, "Bob", ""), joinOf(t, "Cleo", `2`)} {
		_, _, err := publishOutside(h, "a", body, clock())
		require.NoError(t, err)
	}
	h.settle()
	got := plain.plain()
	require.Len(t, got, 4)
	assert.NotContains(t, strings.Join(got, ""), "age")
	assert.Equal(t, []string{got[0] + `{"age":1}`, got[1], got[2], got[3] + `2`}, with.plain())
	assert.Equal(t, []string{got[0] + " ", got[1] + " ", got[2] + " ", got[3] + " "}, spaces.plain())
	require.NoError(t, h.Check())
}

// wantExtras checks that a member that resumes at the beginning receives the joins with the numbers from..to-1 of room a, each
// with its extra.
func (h *Hub) wantExtras(t *testing.T, from, to int) {
	t.Helper()
	s := newSink("back")
	s.view = extraView{}
	_, err := h.Resume(&s.member, "a", s, &Since{}, clock())
	require.NoError(t, err)
	s.member.Drained()
	h.settle()
	var want []string
	for i := from; i < to; i++ {
		want = append(want, fmt.Sprintf(`"%d joined the room","room":"general","timestamp":1,"seq":%d}{"n":%d}`, i, i+1, i))
	}
	got := slices.DeleteFunc(s.plain(), func(text string) bool { return strings.Contains(text, "message ") })
	for i := range got {
		got[i] = strings.TrimPrefix(got[i], `{"sender":"System","text":`)
	}
	assert.Equal(t, want, got)
	s.member.Leave(clock())
	require.NoError(t, h.Check())
}

func TestExtrasAreRetainedAsLongAsTheirFrames(t *testing.T) {
	h := hubWithHistory(10)
	h.cfg.History.Announcements = 100
	for i := range 100 {
		_, _, err := publishOutside(h, "a", joinOf(t, fmt.Sprint(i), fmt.Sprintf(`{"n":%d}`, i)), clock())
		require.NoError(t, err)
		if i%30 == 0 {
			h.wantExtras(t, 0, i+1) // the chunks are packed, and unpacked again
		}
	}
	r := h.rooms.find("a")
	h.publishMany(t, "a", 5)
	h.wantExtras(t, 0, 100)
	r.history.reduce(func() { r.history.shrink(clock()) })
	h.wantExtras(t, 0, 100)
	h.publishMany(t, "a", 500)
	h.expirer.expire(clock() + quietAfter.Milliseconds())
	assert.Empty(t, r.rare.extras, "no frame with an extra is retained")
	h.expirer.expire(clock() + 1_000_000)
	assert.Zero(t, h.Stats().Counts[HistoryBytes])
}

func TestExtrasCountAsMemoryOfTheHistory(t *testing.T) {
	plain, with := hubWithHistory(10), hubWithHistory(10)
	for i := range 50 {
		_, _, err := publishOutside(plain, "a", joinOf(t, fmt.Sprint(i), ""), clock())
		require.NoError(t, err)
		_, _, err = publishOutside(with, "a", joinOf(t, fmt.Sprint(i), `"`+strings.Repeat("x", 998)+`"`), clock())
		require.NoError(t, err)
	}
	assert.Greater(t, with.Stats().Counts[HistoryBytes], plain.Stats().Counts[HistoryBytes]+50*1000)
}

// A flush reads the extras while others are added and forgotten.
func TestExtrasThatAFlushReadsDoNotChange(t *testing.T) {
	h := hubWithHistory(10)
	h.cfg.History.Announcements = 100
	publish := func(from, to int) {
		for i := from; i < to; i++ {
			_, _, err := publishOutside(h, "a", joinOf(t, fmt.Sprint(i), fmt.Sprintf(`{"n":%d}`, i)), clock())
			require.NoError(t, err)
		}
	}
	publish(0, 150)
	read := h.rooms.find("a").extras()
	before := slices.Clone(read)
	publish(150, 250)
	assert.Equal(t, before, read)
	assert.Greater(t, h.rooms.find("a").extras()[0].at, before[0].at, "some were forgotten")
	publish(250, 2000)
	x := h.rooms.find("a").rare.extras
	assert.LessOrEqual(t, x.freed, len(x.all), "no more forgotten ones stay in memory than others")
}

func TestExtrasAreReadWhileOthersAreAdded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serveWith(t, Config{AnnounceLimit: -1, Workers: 2})
		viewers := joinViewers(h, "a", extraView{}, 300)
		const joins = 500
		for i := range joins {
			_, _, err := publishOutside(h, "a", joinOf(t, fmt.Sprint(i), fmt.Sprintf(`{"n":%d}`, i)), time.Now().UnixMilli())
			require.NoError(t, err)
		}
		synctest.Wait()
		for _, v := range viewers {
			got := v.plain()
			require.Len(t, got, joins)
			for i, text := range got {
				require.True(t, strings.HasSuffix(text, fmt.Sprintf(`"seq":%d}{"n":%d}`, i+1, i)), text)
			}
		}
		require.NoError(t, h.Check())
		assert.Empty(t, h.rooms.find("a").rare.extras, "all members have read all frames")
	})
}
