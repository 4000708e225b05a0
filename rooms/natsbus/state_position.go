package natsbus

import (
	"time"

	"plenum/rooms"
)

// phase is a node's knowledge of a room's epoch.
type phase uint8

const (
	unknown  phase = iota // nothing
	founding              // this node begins the epoch, and the stream has not taken that batch yet
	known                 // epoch, last message and last batch are known
)

// position is the room's last position that a node knows.
type position struct {
	phase     phase
	epoch     rooms.Epoch
	seq       uint64 // number of the last message
	last      uint64 // sequence number of the last batch in the stream; 0: none
	emptied   bool   // the stream has dropped all batches of the room
	bornAt    moment // approximate time at which the last batch was created
	confirmed moment // last time at which last was known to be the last batch
	checked   moment // last time at which a periodic check began
	from      uint64 // sequence number of the first batch of the epoch that this node has seen
	missing   missing
}

// missing has the newest batch that is known to be in the stream and was not delivered. After the batch is read,
// position.last is not smaller than upTo, and nothing is missing any more.
type missing struct {
	upTo  uint64 // sequence number of the batch
	since moment // time at which a missing batch was noticed, or of the last read that did not show it
	tries int    // reads that did not show the batch
}

// enter makes h's epoch the room's, at the position before h.
func (p *position) enter(h head) {
	p.phase, p.epoch, p.seq, p.last, p.missing.upTo = known, h.epoch, h.first-1, 0, 0
}

// forget makes the room's epoch unknown.
func (p *position) forget() { p.phase, p.last, p.missing.upTo = unknown, 0, 0 }

// reach makes b the room's last batch.
func (p *position) reach(b *batch, now moment, wall int64) {
	if p.last == 0 {
		p.from = b.at
	}
	p.last, p.seq, p.emptied, p.confirmed = b.at, b.head.last(), false, now
	p.bornAt = now - max(0, time.Duration(wall-b.head.born)*time.Millisecond)
}

// miss notes that the stream has a batch with the sequence number at that was not delivered.
func (p *position) miss(at uint64, now moment) {
	if !p.misses() {
		p.missing.since, p.missing.tries = now, 0
	}
	p.missing.upTo = max(p.missing.upTo, at)
}

// misses reports whether the stream has a batch that was not delivered.
func (p *position) misses() bool { return p.missing.upTo > p.last }

// isConfirmed reports whether the last batch was confirmed on this connection, within the time for which the stream keeps a
// batch. Then no batch can have followed the last one and been dropped again because of its age.
func (st *state) isConfirmed() bool {
	return st.confirmed > st.stream.joined && st.now-st.confirmed < st.kept
}

// isAhead reports whether since is in the room's epoch and ahead of message seq.
func (p *position) isAhead(since rooms.Since, seq uint64) bool {
	return p.phase != unknown && since.Seq > seq && since.Epoch == p.epoch.String()
}
