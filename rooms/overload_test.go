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

// pausable is a Sink that can be paused and knows how many bytes were acknowledged.
type pausable struct {
	*sink
	paused atomic.Bool
	pauses atomic.Int64
	acked  atomic.Uint64
}

func (t *pausable) PauseReading()  { t.paused.Store(true); t.pauses.Add(1) }
func (t *pausable) ResumeReading() { t.paused.Store(false) }
func (t *pausable) Acked() uint64  { return t.acked.Load() }

func joinPausable(h *Hub, room, name string) *pausable {
	t := &pausable{sink: newSink(name)}
	_ = h.Join(&t.member, room, t, 1)
	return t
}

// slowRoom is a room with a publisher and n members whose Sinks are full after one frame. The test
// runs the flushes and the looks of the watch, with a clock of its own.
type slowRoom struct {
	*testing.T
	*Hub
	room      *Room
	publisher *pausable
	members   []*pausable
	now       time.Time
	reports   []Overload
}

const slowLag = 4000 // in bytes: about forty messages

func newSlowRoom(t *testing.T, n int) *slowRoom {
	r := &slowRoom{T: t, now: time.Now()}
	cfg := silent()
	cfg.SlowLag = slowLag
	cfg.Overloaded = func(o Overload) { r.reports = append(r.reports, o) }
	r.Hub = New(cfg)
	r.publisher = joinPausable(r.Hub, "a", "publisher")
	for range n {
		m := joinPausable(r.Hub, "a", "m")
		m.free = 0
		r.members = append(r.members, m)
	}
	r.room = r.rooms.find("a")
	t.Cleanup(func() { assert.NoError(t, r.Check()) })
	return r
}

// publish publishes messages of about 100 bytes, and flushes them.
func (r *slowRoom) publish(messages int) {
	for range messages {
		r.publisher.member.Publish(body(r, "x"), clock(), nil)
		r.settle()
	}
}

// take lets members take a number of bytes more.
func (r *slowRoom) take(bytes int, members ...*pausable) {
	for _, m := range members {
		m.drain(bytes)
		m.acked.Add(uint64(bytes))
	}
	r.settle()
}

// after lets the watch run until d later.
func (r *slowRoom) after(d time.Duration) {
	for range d / watchStep {
		r.now = r.now.Add(watchStep)
		for _, room := range r.Hub.pressed.all() {
			room.overload.watchOnce(r.now)
		}
		r.settle()
	}
}

func countClosed(members []*pausable) (n int) {
	for _, m := range members {
		m.mu.Lock()
		if m.closed != "" {
			n++
		}
		m.mu.Unlock()
	}
	return n
}

func TestNobodyIsSlowIfMostOfTheRoomCannotKeepUp(t *testing.T) {
	r := newSlowRoom(t, 3)
	r.publish(5)
	r.take(120, r.members...) // each member reads, and none keeps up
	require.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms])
	r.publish(2 * slowLag / 100)
	for range 2 * stalledAfter / progressPeriod {
		for _, m := range r.members {
			m.acked.Add(1) // the kernel takes some bytes, too few for another write
		}
		r.after(progressPeriod)
	}
	assert.Zero(t, countClosed(r.members))
	for range 200 {
		r.take(500, r.members...)
	}
	for _, m := range r.members {
		assert.Equal(t, numbers(1, uint64(5+2*slowLag/100)), m.seqs(t), "nothing is lost")
	}
	assert.Zero(t, r.Stats().Counts[OverloadedRooms])
	assert.EqualValues(t, 1, r.Stats().Counts[Overloads])
}

func TestOneMemberThatCannotKeepUpIsSlow(t *testing.T) {
	r := newSlowRoom(t, 3)
	for _, m := range r.members[1:] {
		m.drain(-1)
		m.free = -1
	}
	r.publish(5)
	r.take(120, r.members[0])
	r.publish(2 * slowLag / 100)
	assert.Equal(t, 1, countClosed(r.members))
	assert.Zero(t, r.Stats().Counts[Overloads])
	assert.Zero(t, r.publisher.pauses.Load())
}

func TestPublishersArePausedIfTheRoomCannotKeepUp(t *testing.T) {
	r := newSlowRoom(t, 3)
	r.publish(1)
	require.False(t, r.publisher.paused.Load(), "each Sink has taken this message")
	r.publish(1)
	assert.True(t, r.publisher.paused.Load())
	r.take(-1, r.members...) // all members have caught up
	r.after(watchStep)
	assert.False(t, r.publisher.paused.Load())
	assert.Zero(t, r.Stats().Counts[Overloads], "no member has read without keeping up")
	assert.EqualValues(t, 1, r.Stats().Counts[HeldBack])
}

func TestAMessagePausesItsPublisherForASecondAtMost(t *testing.T) {
	r := newSlowRoom(t, 3)
	r.publish(2)
	began := r.now
	for r.publisher.paused.Load() {
		require.Less(t, r.now.Sub(began), maxPause+2*watchStep)
		r.after(watchStep)
		for _, m := range r.members {
			m.acked.Add(1) // the members read
		}
	}
	assert.GreaterOrEqual(t, r.now.Sub(began), maxPause)
	r.publish(1)
	assert.True(t, r.publisher.paused.Load(), "the next message pauses the publisher again")
}

// Between a half and a quarter the state stays, so that it does not change with each message.
func TestAnOverloadBeginsAboveAHalfAndEndsAtAQuarter(t *testing.T) {
	r := newSlowRoom(t, 8)
	for _, m := range r.members[5:] {
		m.free = -1
	}
	r.publish(5)
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

func TestMembersThatTakeNothingDoNotPauseThePublisher(t *testing.T) {
	r := newSlowRoom(t, 2)
	r.publish(2) // two of three members take nothing at all
	r.after(silentAfter + 2*progressPeriod)
	assert.False(t, r.publisher.paused.Load())
	r.publish(1)
	assert.False(t, r.publisher.paused.Load(), "not with the next message either")
	r.publish(2 * slowLag / 100)
	assert.Equal(t, 2, countClosed(r.members), "both are closed as slow")
}

func TestAStalledMemberIsClosedEvenInAnOverload(t *testing.T) {
	r := newSlowRoom(t, 5)
	r.publish(5)
	r.take(120, r.members...)
	r.publish(2 * slowLag / 100)
	require.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms])
	silent := r.members[0]
	for range 2 * stalledAfter / progressPeriod {
		for _, m := range r.members[1:] {
			m.acked.Add(1) // the kernel takes some bytes, too few for another write
		}
		r.after(progressPeriod)
		if r.room.overload.watch.checked.Sub(r.now) == 0 && countClosed(r.members) > 0 {
			break
		}
	}
	assert.Equal(t, "1013 Too slow", silent.closed)
	assert.Equal(t, 1, countClosed(r.members))
	assert.EqualValues(t, 1, r.Stats().Counts[OverloadedRooms])
}

// After an overload, the last spared members have time to catch up.
func TestAMemberThatStillReadsAfterAnOverloadIsSparedForAWhile(t *testing.T) {
	r := newSlowRoom(t, 5)
	r.publish(5)
	r.take(120, r.members...)
	r.publish(2 * slowLag / 100)
	r.take(-1, r.members[1:]...)
	for range 200 {
		r.take(-1, r.members[1:]...)
	}
	require.Zero(t, r.Stats().Counts[OverloadedRooms])
	late := r.members[0]
	r.publish(1)
	assert.Zero(t, countClosed(r.members))
	for range 3 {
		r.take(120, late)
		r.after(progressPeriod)
	}
	assert.Zero(t, countClosed(r.members))
	for range 2 * stalledAfter / progressPeriod {
		r.take(1, late)
		r.after(progressPeriod)
	}
	r.publish(1)
	assert.Equal(t, 1, countClosed(r.members), "it is spared for a limited time")
	r.after(2 * stalledAfter)
	assert.Empty(t, r.Hub.pressed.all(), "nothing is left to watch")
}

func TestAnOverloadedRoomRejectsMessagesFromOutside(t *testing.T) {
	r := newSlowRoom(t, 3)
	r.publish(5)
	r.take(120, r.members...)
	_, _, err := publishOutside(r.Hub, "a", body(t, "x"), clock())
	assert.ErrorIs(t, err, ErrOverloaded)
	_, _, err = publishOutside(r.Hub, "b", body(t, "x"), clock())
	assert.NoError(t, err)
	for range 20 {
		r.take(-1, r.members...)
	}
	_, _, err = publishOutside(r.Hub, "a", body(t, "x"), clock())
	assert.NoError(t, err)
}

func TestEachOverloadIsReportedOnce(t *testing.T) {
	r := newSlowRoom(t, 3)
	r.publish(5)
	r.take(120, r.members...)
	r.after(time.Second)
	assert.Equal(t, []Overload{{Room: "a", Members: 4, Trailing: 3}}, r.reports)
}

func TestPublishersResumeWhenTheSlowMembersHaveLeft(t *testing.T) {
	r := newSlowRoom(t, 3)
	r.publish(2)
	require.True(t, r.publisher.paused.Load())
	for _, m := range r.members {
		m.member.Leave(clock())
	}
	r.after(watchStep)
	assert.False(t, r.publisher.paused.Load())
}

// Members are not slow if the workers cannot keep up, but the publishers are paused as well.
func TestPublishersArePausedIfTheWorkersCannotKeepUp(t *testing.T) {
	r := newSlowRoom(t, segmentSize+1) // too many for an inline flush
	for _, m := range r.members {
		m.free = -1
	}
	for range slowLag {
		r.publisher.member.Publish(body(t, strings.Repeat("x", 100)), clock(), nil)
		if r.publisher.paused.Load() {
			break
		}
	}
	require.True(t, r.publisher.paused.Load())
	assert.Less(t, r.room.log.head, int64(slowLag+smallChunk), "about half of SlowLag waits, to within a chunk")
	r.settle()
	r.after(watchStep)
	assert.False(t, r.publisher.paused.Load())
}

// This test uses the clock and the workers of a hub that serves.
func TestTheWatchRunsWhileAPublisherIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(silent())
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Serve(ctx) }()
		defer func() { stop(); <-done }()
		p, slow := joinPausable(h, "a", "publisher"), joinPausable(h, "a", "slow")
		other := joinPausable(h, "a", "other")
		slow.free, other.free = 0, 0
		for range 2 {
			p.member.Publish(body(t, "x"), clock(), nil)
			time.Sleep(time.Millisecond)
		}
		require.True(t, p.paused.Load())
		time.Sleep(maxPause + 2*watchStep)
		assert.False(t, p.paused.Load())
		slow.drain(-1)
		other.drain(-1)
		time.Sleep(time.Second)
		assert.Empty(t, h.pressed.all())
	})
}
