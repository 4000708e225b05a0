package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// overdue is a time so long ago that whatever waits since then is held back.
func overdue() int64 { return Monotonic() - 2*heldAfter }

// stuck is a client whose server reads nothing, with a full backlog of overdue messages.
type stuck struct {
	*recorder
	c       *Client
	server  int // socket
	waiting uint64
}

func newStuck(t *testing.T) *stuck {
	peer := newRawPeer(t)
	s := &stuck{recorder: newRecorder(t, Config{Loops: 1, Backlog: 100_000})}
	c, err := s.Dial(testContext(t), peer.url, 0)
	require.NoError(t, err)
	s.c, s.server = c, <-peer.accepted
	t.Cleanup(func() { unix.Close(s.server) })
	for err == nil {
		if err = c.sendAt(make([]byte, 10_000), overdue()); err == nil && c.waits() {
			s.waiting++
		}
	}
	require.ErrorIs(t, err, ErrBacklog)
	return s
}

// read has the server read until the client's backlog is empty.
func (s *stuck) read(t *testing.T) {
	require.NoError(t, unix.SetNonblock(s.server, true))
	assert.Eventually(t, func() bool {
		for n := 1; n > 0; {
			n, _ = unix.Read(s.server, make([]byte, 1<<20)) // what is not there yet comes later
		}
		return !s.c.waits()
	}, patience, time.Millisecond)
}

func TestAMessageThatWaitsForItsSocketIsHeldBack(t *testing.T) {
	begin := Monotonic()
	s := newStuck(t)
	require.NotZero(t, s.waiting)
	s.read(t)
	require.NoError(t, s.c.sendAt([]byte("the socket has room again"), overdue()))
	s.Shutdown()
	held := s.held()
	assert.Equal(t, s.waiting, held.Late)
	assert.Len(t, held.Periods, 1, "one after the other")
	end := Monotonic()
	assert.Less(t, held.Periods[0].To, end)
	assert.Greater(t, held.within(begin, end), time.Duration(0))
}

func TestAMessageThatNeverLeavesIsHeldBackToTheEnd(t *testing.T) {
	s := newStuck(t)
	before := Monotonic()
	s.Shutdown()
	held := s.held()
	assert.Equal(t, s.waiting, held.Late)
	require.NotEmpty(t, held.Periods)
	assert.GreaterOrEqual(t, held.Periods[len(held.Periods)-1].To, before)
}

func TestAShortWaitAndAMessageWithoutATimeAreNotHeldBack(t *testing.T) {
	peer := newRawPeer(t)
	r := newRecorder(t, Config{Loops: 1, Backlog: 100_000})
	c, err := r.Dial(testContext(t), peer.url, 0)
	require.NoError(t, err)
	s := &stuck{recorder: r, c: c, server: <-peer.accepted}
	defer unix.Close(s.server)
	for i := 0; err == nil; i++ {
		if i%2 == 0 {
			err = c.Send(make([]byte, 10_000))
			continue
		}
		err = c.sendAt(make([]byte, 10_000), Monotonic()+int64(time.Hour))
	}
	require.True(t, c.waits())
	s.read(t)
	r.Shutdown()
	assert.Equal(t, held{}, r.held())
}

// The server's buffer is not the client's to limit; here it holds less than limit.
func TestTheKernelKeepsNoMoreUnsentThanIsAllowed(t *testing.T) {
	const limit = 256 << 10
	taken := func(unsent int) (bytes int) {
		peer := newRawPeer(t)
		r := newRecorder(t, Config{Loops: 1, Unsent: unsent})
		c, err := r.Dial(testContext(t), peer.url, 0)
		require.NoError(t, err)
		defer unix.Close(<-peer.accepted)
		for text := make([]byte, 1000); !c.waits(); bytes += len(text) {
			require.NoError(t, c.Send(text))
		}
		return bytes
	}
	few, many := taken(limit), taken(0)
	assert.LessOrEqual(t, few, 2*limit)
	assert.Greater(t, many, few)
}

// TestWhatIsHeldBackAgreesWithAListOfTheTime has the obvious slow version: a mark for
// each piece of the time in which any message waits.
func TestWhatIsHeldBackAgreesWithAListOfTheTime(t *testing.T) {
	const unit, long = 2 * heldAfter, 40
	rapid.Check(t, func(t *rapid.T) {
		var all held
		var marks [long]bool
		late := uint64(0)
		for range rapid.IntRange(0, 3).Draw(t, "loops") {
			var one held
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
			all.merge(one)
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
		assert.Equal(t, want, all.within(int64(start)*unit, int64(end)*unit))
		for i, one := range all.Periods {
			assert.True(t, one.From < one.To && (i == 0 || all.Periods[i-1].To < one.From), "%v", all.Periods)
		}
	})
}
