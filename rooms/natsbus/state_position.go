package natsbus

import (
	"time"

	"plenum/rooms"
)

// phase is what a node knows of a room's epoch.
type phase uint8

const (
	unknown  phase = iota // nothing
	founding              // this node begins it, and the stream has yet to take that
	known                 // its last message and its last batch
)

// position is how far a room has come, as a node knows it.
type position struct {
	phase     phase
	epoch     rooms.Epoch
	seq       uint64 // of the last message
	last      uint64 // of the last batch, in the stream; 0: there is none
	emptied   bool   // the stream keeps none of the room any more
	bornAt    moment // when the last batch was made, about
	confirmed moment // when last was known to be the last
	checked   moment // when that was asked last
	from      uint64 // the first batch of the epoch that this node has seen, in the stream
	gap       gap
}

// gap is a batch that there is, and that was not delivered yet, if it is behind the last one.
type gap struct {
	upTo  uint64
	since moment // when it was seen
	tries int    // to read it
}

// enter has the room be in the epoch of h, before it.
func (p *position) enter(h head) {
	p.phase, p.epoch, p.seq, p.last, p.gap.upTo = known, h.epoch, h.first-1, 0, 0
}

// forget has nothing be known of the room's epoch.
func (p *position) forget() { p.phase, p.last, p.gap.upTo = unknown, 0, 0 }

// reach has b be the room's last batch.
func (p *position) reach(b *batch, now moment, wall int64) {
	if p.last == 0 {
		p.from = b.at
	}
	p.last, p.seq, p.emptied, p.confirmed = b.at, b.head.last(), false, now
	p.bornAt = now - max(0, time.Duration(wall-b.head.born)*time.Millisecond)
}

// miss notes that the stream has a batch that was not delivered.
func (p *position) miss(at uint64, now moment) {
	if !p.misses() {
		p.gap.since, p.gap.tries = now, 0
	}
	p.gap.upTo = max(p.gap.upTo, at)
}

// misses tells whether the stream has a batch that was not delivered.
func (p *position) misses() bool { return p.gap.upTo > p.last }

// isSure tells whether nothing can have come behind the last batch and be gone again: it was
// the last since this connection began, and not long ago.
func (p *position) isSure(now, joined, kept moment) bool {
	return p.confirmed > joined && now-p.confirmed < kept
}

// isBehind tells whether since is behind message seq of the room's epoch.
func (p *position) isBehind(since rooms.Since, seq uint64) bool {
	return p.phase != unknown && since.Seq > seq && since.Epoch == p.epoch.String()
}
