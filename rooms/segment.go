package rooms

import (
	"plenum/rooms/internal/queue"
)

// segmentSize is the largest number of members that share a position and are written by one flush.
// It is large enough that the bookkeeping of a flush costs little compared with its writes. It is
// small enough that several goroutines share the work on a large room.
const segmentSize = 64

type segmentState uint8

const (
	idle     segmentState = iota // each member is at the head, or behind and not drained; or the frames are held; or a round will visit the segment
	queued                       // in the queue, or about to be pushed by the goroutine that has set this state
	flushing                     // being flushed, by one goroutine
)

// segment is up to segmentSize members of a room, and their position in the log. It fills two cache lines, so that it shares
// none with another segment, which another processor may be flushing.
type segment struct {
	work // its flush

	// Guarded by room.mu.
	state     segmentState
	slot      int32         // index in membership.segments
	spareSlot int32         // index in membership.spare, while it is there
	members   []*Member     // dense; replaced, not modified, while a flush reads it
	ready     *[]*Member    // members behind that have drained: the next flush writes them; nil in most segments, which saves memory
	at        int64         // the position: each member that is not behind has been written the log up to here
	seq       uint64        // number of the frame before at
	chunk     *chunk        // the chunk that at is in; nil if at is the head of the log, or if the room's rounds have not told the segment yet
	since     moment        // when the first frame after at was published, unless a flush has taken it; 0 if there is none
	ended     chan struct{} // closed at the end of the current flush; nil if no member has left during the flush
}

// work is what waits in Hub.queue: the flush of one segment, or the next flushes of a room's rounds.
type work struct {
	// Set at creation.
	room    *Room
	segment *segment // nil for rounds

	item queue.Item[work] // owned by Hub.queue
}

// whenEnded returns a channel that is closed at the end of the current flush. room.mu is held.
func (s *segment) whenEnded() <-chan struct{} {
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	return s.ended
}

// flushSoon queues s, unless it is queued or being flushed. by flushes it; if by is nil, a worker does. room.mu is held.
func (s *segment) flushSoon(by Poller) {
	if s.state == idle {
		s.state = queued
		s.room.hub.push(woken{work: &s.work, size: len(s.members)}, by)
	}
}

// isDue reports whether s has frames to write that are not held. room.mu is held.
func (s *segment) isDue() bool { return s.at < s.room.log.head && !s.room.holds(s) }

// moveTo moves the segment's position to another chunk, or to the head of the log if c is nil.
// room.mu is held.
func (s *segment) moveTo(c *chunk) {
	s.chunk.leaveSegment()
	c.enterSegment()
	s.chunk = c
}
