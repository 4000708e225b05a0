package rooms

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lonely returns a config with one worker, for tests that count flushes.
func lonely() Config {
	cfg := silent()
	cfg.Workers = 1
	return cfg
}

func TestAPublishVisitsNoSegmentOfALargeRoom(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", 10*segmentSize)
	members[0].publish(t, "hi")
	members[0].publish(t, "and more")
	room := members[0].member.segment.Load().room
	for _, s := range room.members.segments {
		assert.Equal(t, idle, s.state)
		assert.Zero(t, s.at)
		assert.Nil(t, s.chunk)
	}
	assert.Equal(t, 1, h.queue.Len(), "the room is queued as one piece of work")
	assert.EqualValues(t, 10, h.Stats().Counts[QueuedSegments])
	require.NoError(t, h.Check())
	h.settle()
	for _, m := range members {
		assert.Equal(t, numbers(1, 2), m.seqs(t))
		assert.Equal(t, 1, m.writes)
	}
	require.NoError(t, h.Check())
}

func TestASegmentThatARoundHasVisitedGetsLaterMessagesFromTheNextRound(t *testing.T) {
	h := New(lonely())
	members := joinMany(h, "general", 8*segmentSize)
	first, last := members[0], members[len(members)-1]
	first.publish(t, "hi")
	last.during = func() { first.publish(t, "meanwhile") } // the last segment is visited first
	h.settle()
	assert.Equal(t, 2, last.writes)
	for _, m := range members {
		assert.Equal(t, numbers(1, 2), m.seqs(t))
	}
	assert.Zero(t, h.Stats().Counts[QueuedSegments])
	require.NoError(t, h.Check())
}

func TestSeveralWorkersShareARound(t *testing.T) {
	h := New(lonely())
	members := joinMany(h, "general", 8*segmentSize)
	first, last := members[0], members[len(members)-1]
	first.publish(t, "hi")
	last.during = func() {
		h.settle() // as another worker would
		assert.Equal(t, 1, first.frames())
	}
	h.settle()
	for _, m := range members {
		assert.Equal(t, 1, m.frames())
	}
	require.NoError(t, h.Check())
}

func TestARoundVisitsFewSegmentsAtATime(t *testing.T) {
	h, f := New(lonely()), &flusher{}
	members := joinMany(h, "general", 3*maxVisited*segmentSize)
	members[0].publish(t, "hi")
	h.settle()
	room := members[0].member.segment.Load().room
	room.members.startRound() // no segment has anything to write
	d := room.members.rounds
	for left := 3; left > 0; left-- {
		assert.Equal(t, left*maxVisited, d.unvisited)
		assert.Equal(t, left > 1, room.beginFlushes(f, &d.work, turnWork) > 0)
		assert.Empty(t, f.begun())
	}
	require.NoError(t, h.Check())
}

func TestARoundWithoutMembersEnds(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", 3*segmentSize)
	room := members[0].member.segment.Load().room
	members[0].publish(t, "hi")
	for _, m := range members {
		m.member.Leave(1)
	}
	assert.Zero(t, h.Stats().Counts[Rooms])
	assert.Nil(t, room.log.first, "nothing keeps the message")
	h.settle()
	assert.Zero(t, h.Stats().Counts[QueuedSegments])
	require.NoError(t, h.Check())
}

func TestAMessageOfALargeRoomReachesTheOneSegmentThatIsLeft(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", 3*segmentSize)
	members[0].publish(t, "hi")
	for _, m := range members[1:] {
		m.member.Leave(1)
	}
	members[0].publish(t, "and more")
	h.settle()
	assert.Equal(t, numbers(1, 2), members[0].seqs(t))
	members[0].publish(t, "inline again")
	assert.Equal(t, numbers(1, 3), members[0].seqs(t))
	require.NoError(t, h.Check())
}

// A round also visits a segment that is being flushed. So the segment learns when its next message was published.
func TestADeliveryAfterAFlushCountsTheTimeFromItsPublish(t *testing.T) {
	h := New(lonely())
	members := joinMany(h, "general", 2*segmentSize)
	first := members[0]
	first.during = func() { first.publish(t, "meanwhile") }
	first.publish(t, "hi")
	h.settle()
	s := h.Stats().FanOut
	assert.EqualValues(t, 2*len(members), s.Total)
	assert.Less(t, s.Seconds/float64(s.Total), 10.0, "none counts from the start of the hub or of time")
	require.NoError(t, h.Check())
}

// A member that leaves during a flush is still written by it, and no other member is left out or written twice.
func TestALeaveDuringAFlushDoesNotDisturbTheOthers(t *testing.T) {
	h := New(silent())
	members := joinMany(h, "general", 5)
	members[0].during = func() {
		members[1].member.Leave(1)
		join(h, "general", "new")
	}
	members[4].publish(t, "hi")
	for _, m := range members {
		assert.Equal(t, 1, m.writes)
	}
	members[4].publish(t, "and more")
	assert.Equal(t, 1, members[1].writes)
	assert.Equal(t, 2, members[4].writes)
	require.NoError(t, h.Check())
}
