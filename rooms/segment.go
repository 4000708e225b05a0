package rooms

import (
	"plenum/rooms/internal/queue"
)

// segmentSize is how many members share a position and are written by one flush:
// enough that the two locks of a flush vanish beside its writes, few enough that all
// workers have a share of a room of a few hundred.
const segmentSize = 64

// inlineMembers is the largest room that a publisher writes itself: its
// poller is kept by so many writes, and nobody has to be woken.
const inlineMembers = 16

type segmentState uint8

const (
	idle     segmentState = iota // every member is written up to the head, or behind and not drained
	queued                       // waits for a worker
	flushing                     // a worker or a publisher flushes it
)

// segment is up to segmentSize members and their common position in the log.
type segment struct {
	room *Room // set at creation

	// Guarded by room.mu.
	state     segmentState
	slot      int           // index in room.segments
	spareSlot int           // index in room.spare, while it is there
	members   []*Member     // dense
	ready     []*Member     // behind, and drained: to be tried by the next flush
	at        int64         // the position: every member that is not behind has been written up to here
	seq       uint64        // of the frame before at
	chunk     *chunk        // where at lies; nil: at is the log's head
	since     moment        // of the first frame's publish that no flush has taken; 0: there is none
	ended     chan struct{} // to be closed at the end of the flush under way; nil: nobody waits

	item queue.Item[segment] // owned by Hub.queue
}

// whenEnded returns what is closed at the end of the flush under way. room.mu is held.
func (s *segment) whenEnded() <-chan struct{} {
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	return s.ended
}

// flushSoon has a worker flush s, unless that is under way. room.mu is held.
func (s *segment) flushSoon() {
	if s.state == idle {
		s.state = queued
		s.room.hub.queue.Push(&s.item)
	}
}

// moveTo moves the segment's position to another chunk; nil: to the log's head.
// room.mu is held.
func (s *segment) moveTo(c *chunk) {
	if s.chunk != nil {
		s.chunk.readers--
		s.chunk.segments--
	}
	if c != nil {
		c.readers++
		c.segments++
	}
	s.chunk = c
}
