package wsclient

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
	"plenum/bench/clock"
	"plenum/bench/internal/fakeserver"
)

// overdue returns a start time so long ago that a message that still waits is held back.
func overdue() int64 { return clock.Monotonic() - 2*LateAfter }

// stuck is a client whose server reads nothing, and whose backlog is full of messages that are
// held back.
type stuck struct {
	*recorder
	c       *Client
	server  int    // descriptor of the server's socket
	waiting uint64 // messages in the backlog
}

func newStuck(t *testing.T) *stuck {
	peer := fakeserver.NewRawServer(t)
	s := &stuck{recorder: newRecorder(t, Config{Loops: 1, Backlog: 100_000})}
	c, err := s.Dial(fakeserver.Context(t), peer.URL, 0)
	require.NoError(t, err)
	s.c, s.server = c, <-peer.Accepted
	t.Cleanup(func() { unix.Close(s.server) })
	for err == nil {
		if err = c.SendAt(make([]byte, 10_000), overdue()); err == nil && c.Waits() {
			s.waiting++
		}
	}
	require.ErrorIs(t, err, ErrBacklog)
	return s
}

// read lets the server read until the client's backlog is empty.
func (s *stuck) read(t *testing.T) {
	require.NoError(t, unix.SetNonblock(s.server, true))
	assert.Eventually(t, func() bool {
		for n := 1; n > 0; {
			n, _ = unix.Read(s.server, make([]byte, 1<<20)) // more data may arrive later
		}
		return !s.c.Waits()
	}, fakeserver.Timeout, time.Millisecond)
}

func TestAMessageThatWaitsForItsSocketIsHeldBack(t *testing.T) {
	begin := clock.Monotonic()
	s := newStuck(t)
	require.NotZero(t, s.waiting)
	s.read(t)
	require.NoError(t, s.c.SendAt([]byte("the socket has room again"), overdue()))
	s.Shutdown()
	held := s.HeldBack()
	assert.Equal(t, s.waiting, held.Late)
	assert.Len(t, held.Periods, 1, "adjacent periods are merged")
	end := clock.Monotonic()
	assert.Less(t, held.Periods[0].To, end)
	assert.Greater(t, held.Within(begin, end), time.Duration(0))
}

func TestAMessageThatNeverLeavesIsHeldBackUntilTheEnd(t *testing.T) {
	s := newStuck(t)
	before := clock.Monotonic()
	s.Shutdown()
	held := s.HeldBack()
	assert.Equal(t, s.waiting, held.Late)
	require.NotEmpty(t, held.Periods)
	assert.GreaterOrEqual(t, held.Periods[len(held.Periods)-1].To, before)
}

func TestShortWaitsAndMessagesWithoutATimeAreNotHeldBack(t *testing.T) {
	peer := fakeserver.NewRawServer(t)
	r := newRecorder(t, Config{Loops: 1, Backlog: 100_000})
	c, err := r.Dial(fakeserver.Context(t), peer.URL, 0)
	require.NoError(t, err)
	s := &stuck{recorder: r, c: c, server: <-peer.Accepted}
	defer unix.Close(s.server)
	for i := 0; err == nil; i++ {
		if i%2 == 0 {
			err = c.Send(make([]byte, 10_000))
			continue
		}
		err = c.SendAt(make([]byte, 10_000), clock.Monotonic()+int64(time.Hour))
	}
	require.True(t, c.Waits())
	s.read(t)
	r.Shutdown()
	assert.Equal(t, HeldBack{}, r.HeldBack())
}

// The client cannot limit the server's buffer. In this test it holds less than limit.
func TestTheKernelBuffersAtMostTheUnsentLimit(t *testing.T) {
	const limit = 256 << 10
	taken := func(unsent int) (bytes int) {
		peer := fakeserver.NewRawServer(t)
		r := newRecorder(t, Config{Loops: 1, Unsent: unsent})
		c, err := r.Dial(fakeserver.Context(t), peer.URL, 0)
		require.NoError(t, err)
		defer unix.Close(<-peer.Accepted)
		for text := make([]byte, 1000); !c.Waits(); bytes += len(text) {
			require.NoError(t, c.Send(text))
		}
		return bytes
	}
	few, many := taken(limit), taken(0)
	assert.LessOrEqual(t, few, 2*limit)
	assert.Greater(t, many, few)
}

// The reference is slow and simple: it marks each unit of time in which any message waits.
func TestHeldBackAgreesWithAListOfAllIntervals(t *testing.T) {
	const unit, long = 2 * LateAfter, 40
	rapid.Check(t, func(t *rapid.T) {
		var all HeldBack
		var marks [long]bool
		late := uint64(0)
		for range rapid.IntRange(0, 3).Draw(t, "loops") {
			var one HeldBack
			to := 0
			for range rapid.IntRange(0, 10).Draw(t, "messages") {
				to = rapid.IntRange(to, long).Draw(t, "to")
				from := rapid.IntRange(0, to).Draw(t, "from")
				one.add(int64(from)*unit, int64(to)*unit)
				for i := from; i < to; i++ {
					marks[i] = true
				}
				if to > from {
					late++
				}
			}
			all.Merge(one)
		}
		start := rapid.IntRange(0, long).Draw(t, "start")
		end := rapid.IntRange(start, long).Draw(t, "end")
		want := time.Duration(0)
		for _, marked := range marks[start:end] {
			if marked {
				want += time.Duration(unit)
			}
		}
		assert.Equal(t, late, all.Late)
		assert.Equal(t, want, all.Within(int64(start)*unit, int64(end)*unit))
		for i, one := range all.Periods {
			assert.True(t, one.From < one.To && (i == 0 || all.Periods[i-1].To < one.From), "%v", all.Periods)
		}
	})
}

func TestEachOfTheMessagesSentTogetherIsHeldBack(t *testing.T) {
	peer := fakeserver.NewRawServer(t)
	r := newRecorder(t, Config{Loops: 1, Backlog: 100_000})
	c, err := r.Dial(fakeserver.Context(t), peer.URL, 0)
	require.NoError(t, err)
	s := &stuck{recorder: r, c: c, server: <-peer.Accepted}
	defer unix.Close(s.server)
	for !c.Waits() {
		require.NoError(t, c.Send(make([]byte, 10_000)))
	}
	together := [][]byte{[]byte("one"), []byte("two"), []byte("three")}
	require.NoError(t, c.SendTogether(together, overdue()))
	sent := r.Stats().Sent
	together[2] = make([]byte, 100_000)
	assert.ErrorIs(t, c.SendTogether(together, overdue()), ErrBacklog)
	assert.Equal(t, sent, r.Stats().Sent, "all are refused")
	s.read(t)
	r.Shutdown()
	assert.EqualValues(t, 3, r.HeldBack().Late)
}
