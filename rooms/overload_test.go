package rooms

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// talker is a sink whose client can be kept from speaking.
type talker struct {
	*sink
	paused atomic.Bool
	pauses atomic.Int64
	acked  atomic.Uint64
}

func (t *talker) PauseReading()  { t.paused.Store(true); t.pauses.Add(1) }
func (t *talker) ResumeReading() { t.paused.Store(false) }
func (t *talker) Acked() uint64  { return t.acked.Load() }

func joinTalker(h *Hub, room, name string) *talker {
	t := &talker{sink: newSink(name)}
	_ = h.Join(&t.member, room, t, 1)
	return t
}

// troubled is a room with a publisher and n members whose sockets take take bytes and are full then. The
// test runs the segments, and the watch by the clock of look.
type troubled struct {
	*testing.T
	*Hub
	room      *Room
	publisher *talker
	members   []*talker
	now       time.Time
	told      []Overload
}

const slowLag = 4000 // in bytes: some forty messages

func trouble(t *testing.T, n int) *troubled {
	r := &troubled{T: t, now: time.Now()}
	cfg := silent()
	cfg.SlowLag = slowLag
	cfg.Overloaded = func(o Overload) { r.told = append(r.told, o) }
	r.Hub = New(cfg)
	r.publisher = joinTalker(r.Hub, "a", "publisher")
	for range n {
		m := joinTalker(r.Hub, "a", "m")
		m.room = 0
		r.members = append(r.members, m)
	}
	r.room = r.rooms.find("a")
	t.Cleanup(func() { assert.NoError(t, r.Check()) })
	return r
}

// speaks publishes messages of about 100 bytes, and has them written.
func (r *troubled) speaks(messages int) {
	for range messages {
		r.publisher.member.Publish(body(r, "x"), clock(), nil)
		r.settle()
	}
}

// take has the members take so many bytes more.
func (r *troubled) take(bytes int, members ...*talker) {
	for _, m := range members {
		m.drain(bytes)
		m.acked.Add(uint64(bytes))
	}
	r.settle()
}

// after has the watch look, d later.
func (r *troubled) after(d time.Duration) {
	for range d / watchStep {
		r.now = r.now.Add(watchStep)
		for _, room := range r.Hub.pressed.all() {
			room.overload.watchOnce(r.now)
		}
		r.settle()
	}
}

func closings(members []*talker) (n int) {
	for _, m := range members {
		m.mu.Lock()
		if m.closed != "" {
			n++
		}
		m.mu.Unlock()
	}
	return n
}

func TestMostOfARoomIsNotSlow(t *testing.T) {
	r := trouble(t, 3)
	r.speaks(5)
	r.take(120, r.members...) // each reads, and none keeps up
	require.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms])
	r.speaks(2 * slowLag / 100)
	for range 2 * stalledFor / lookPeriod {
		for _, m := range r.members {
			m.acked.Add(1) // their kernels take some, not enough for another write
		}
		r.after(lookPeriod)
	}
	assert.Zero(t, closings(r.members))
	for range 200 {
		r.take(500, r.members...)
	}
	for _, m := range r.members {
		assert.Equal(t, run(1, uint64(5+2*slowLag/100)), m.seqs(t), "nothing is lost")
	}
	assert.Zero(t, r.Stats().Counts[OverloadedRooms])
	assert.EqualValues(t, 1, r.Stats().Counts[Overloads])
}

func TestAStragglerInARoomThatKeepsUpIsSlow(t *testing.T) {
	r := trouble(t, 3)
	for _, m := range r.members[1:] {
		m.drain(-1)
		m.room = -1
	}
	r.speaks(5)
	r.take(120, r.members[0])
	r.speaks(2 * slowLag / 100)
	assert.Equal(t, 1, closings(r.members))
	assert.Zero(t, r.Stats().Counts[Overloads])
	assert.Zero(t, r.publisher.pauses.Load())
}

func TestPublishersOfARoomThatCannotKeepUpAreHeldBack(t *testing.T) {
	r := trouble(t, 3)
	r.speaks(1)
	require.False(t, r.publisher.paused.Load(), "each socket has taken this one")
	r.speaks(1)
	assert.True(t, r.publisher.paused.Load())
	r.take(-1, r.members...) // all have caught up
	r.after(watchStep)
	assert.False(t, r.publisher.paused.Load())
	assert.Zero(t, r.Stats().Counts[Overloads], "nobody has read and still not kept up")
	assert.EqualValues(t, 1, r.Stats().Counts[HeldBack])
}

func TestAMessageHoldsItsPublisherBackForASecondAtMost(t *testing.T) {
	r := trouble(t, 3)
	r.speaks(2)
	began := r.now
	for r.publisher.paused.Load() {
		require.Less(t, r.now.Sub(began), pauseMost+2*watchStep)
		r.after(watchStep)
		for _, m := range r.members {
			m.acked.Add(1) // they read
		}
	}
	assert.GreaterOrEqual(t, r.now.Sub(began), pauseMost)
	r.speaks(1)
	assert.True(t, r.publisher.paused.Load(), "the next message does again")
}

// Between a half and a quarter the judgement stands, so that it does not change with each message.
func TestAnOverloadBeginsAboveAHalfAndEndsAtAQuarter(t *testing.T) {
	r := trouble(t, 8)
	for _, m := range r.members[5:] {
		m.room = -1
	}
	r.speaks(5)
	r.take(120, r.members[:4]...)
	assert.Zero(t, r.Stats().Counts[OverloadedRooms], "4 of 9")
	r.take(120, r.members[4])
	assert.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms], "5 of 9")
	r.take(-1, r.members[:2]...)
	assert.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms], "3 of 9")
	r.take(-1, r.members[2])
	assert.Zero(t, r.Stats().Counts[OverloadedRooms], "2 of 9")
	assert.EqualValues(t, 1, r.Stats().Counts[Overloads])
}

func TestSilentMembersDoNotHoldUpTheirPublisher(t *testing.T) {
	r := trouble(t, 2)
	r.speaks(2) // two of three take nothing at all
	r.after(unseenFor + 2*lookPeriod)
	assert.False(t, r.publisher.paused.Load())
	r.speaks(1)
	assert.False(t, r.publisher.paused.Load(), "nor ever again")
	r.speaks(2 * slowLag / 100)
	assert.Equal(t, 2, closings(r.members), "they are slow")
}

func TestAMemberThatTakesNothingForFiveSecondsIsSlowAlsoInAnOverload(t *testing.T) {
	r := trouble(t, 5)
	r.speaks(5)
	r.take(120, r.members...)
	r.speaks(2 * slowLag / 100)
	require.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms])
	silent := r.members[0]
	for range 2 * stalledFor / lookPeriod {
		for _, m := range r.members[1:] {
			m.acked.Add(1) // their kernels take some, not enough for another write
		}
		r.after(lookPeriod)
		if r.room.overload.watch.looked.Sub(r.now) == 0 && closings(r.members) > 0 {
			break
		}
	}
	assert.Equal(t, "1013 Too slow", silent.closed)
	assert.Equal(t, 1, closings(r.members))
	assert.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms])
}

// After an overload the last of those that were spared have time to catch up.
func TestWhoStillReadsAfterAnOverloadIsSpared(t *testing.T) {
	r := trouble(t, 5)
	r.speaks(5)
	r.take(120, r.members...)
	r.speaks(2 * slowLag / 100)
	r.take(-1, r.members[1:]...)
	for range 200 {
		r.take(-1, r.members[1:]...)
	}
	require.Zero(t, r.Stats().Counts[OverloadedRooms])
	late := r.members[0]
	r.speaks(1)
	assert.Zero(t, closings(r.members))
	for range 3 {
		r.take(120, late)
		r.after(lookPeriod)
	}
	assert.Zero(t, closings(r.members))
	for range 2 * stalledFor / lookPeriod {
		r.take(1, late)
		r.after(lookPeriod)
	}
	r.speaks(1)
	assert.Equal(t, 1, closings(r.members), "not for ever")
	r.after(2 * stalledFor)
	assert.Empty(t, r.Hub.pressed.all(), "nothing is left to watch")
}

func TestAnOverloadedRoomTakesNoMessageFromOutside(t *testing.T) {
	r := trouble(t, 3)
	r.speaks(5)
	r.take(120, r.members...)
	_, _, err := publish(r.Hub, "a", body(t, "x"), clock())
	assert.ErrorIs(t, err, ErrOverloaded)
	_, _, err = publish(r.Hub, "b", body(t, "x"), clock())
	assert.NoError(t, err)
	for range 20 {
		r.take(-1, r.members...)
	}
	_, _, err = publish(r.Hub, "a", body(t, "x"), clock())
	assert.NoError(t, err)
}

func TestTheOperatorIsToldOfEachOverloadOnce(t *testing.T) {
	r := trouble(t, 3)
	r.speaks(5)
	r.take(120, r.members...)
	r.after(time.Second)
	assert.Equal(t, []Overload{{Room: "a", Members: 4, Trailing: 3}}, r.told)
}

func TestPublishersGoOnWhenTheRestHasLeft(t *testing.T) {
	r := trouble(t, 3)
	r.speaks(2)
	require.True(t, r.publisher.paused.Load())
	for _, m := range r.members {
		m.member.Leave(clock())
	}
	r.after(watchStep)
	assert.False(t, r.publisher.paused.Load())
}

// What waits for workers is no member's fault, and the publishers are held back as well.
func TestPublishersWaitForTheWorkers(t *testing.T) {
	r := trouble(t, 20)
	for _, m := range r.members {
		m.room = -1
	}
	for range slowLag {
		r.publisher.member.Publish(body(t, strings.Repeat("x", 100)), clock(), nil)
		if r.publisher.paused.Load() {
			break
		}
	}
	require.True(t, r.publisher.paused.Load())
	assert.Less(t, r.room.log.head, int64(slowLag+smallChunk), "little more than half of SlowLag waits, a chunk aside")
	r.settle()
	r.after(watchStep)
	assert.False(t, r.publisher.paused.Load())
}

// With the clock and the workers of a hub that serves.
func TestWatchRunsWhileAnybodyIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(silent())
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Serve(ctx) }()
		defer func() { stop(); <-done }()
		p, slow := joinTalker(h, "a", "publisher"), joinTalker(h, "a", "slow")
		other := joinTalker(h, "a", "other")
		slow.room, other.room = 0, 0
		for range 2 {
			p.member.Publish(body(t, "x"), clock(), nil)
			time.Sleep(time.Millisecond)
		}
		require.True(t, p.paused.Load())
		time.Sleep(pauseMost + 2*watchStep)
		assert.False(t, p.paused.Load())
		slow.drain(-1)
		other.drain(-1)
		time.Sleep(time.Second)
		assert.Empty(t, h.pressed.all())
	})
}
