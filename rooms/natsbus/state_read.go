package natsbus

import (
	"time"

	"plenum/rooms"
)

const (
	readTimeout = time.Second
	// mostTries to read a batch that there is, before it is taken for deleted.
	mostTries = 20
	// behindFor is how long a batch may be missing before it is read: it may be on its way.
	behindFor = 100 * time.Millisecond
)

// requestState is how far a read or a inquiry to the leader has come.
type requestState uint8

const (
	idle     requestState = iota
	wanted                // the sender is to send it
	underWay              // it was sent, and its answer is awaited
)

// read is what is read of the stream.
type read struct {
	state    requestState
	number   uint64
	at       moment // when it was sent, or answered last
	onlyLast bool   // it is of the last batch alone
	mark     mark   // when it was sent
	saw      bool   // it has shown that, or the last batch
	first    bool   // this node knew nothing of the room when it was sent
	onward   bool   // the next one is of what is behind the last batch alone
}

// later has the tick try the read under way again.
func (r *read) later() { r.state = wanted }

// stop stops the read under way.
func (r *read) stop() {
	if r.state == underWay {
		r.state = idle
	}
}

// expire has a read that was not answered be sent again.
func (r *read) expire(now moment) {
	if r.state == underWay && now-r.at > readTimeout {
		r.later()
	}
}

// readRequest is what the stream is asked: JSApiMsgGetRequest, of which brokers before 2.11
// heed no batch, and answer with one message.
type readRequest struct {
	Seq      uint64 `json:"seq,omitempty"`
	NextFor  string `json:"next_by_subj,omitempty"`
	LastFor  string `json:"last_by_subj,omitempty"`
	Batch    int    `json:"batch,omitempty"`
	MaxBytes int    `json:"max_bytes,omitempty"`
}

// Bounds of what one read is answered with.
const (
	readBatch = 256
	readBytes = 4 << 20
)

// wantRead has the sender read what comes behind the last batch that is known.
func (st *state) wantRead() {
	if st.read.state != underWay {
		st.read.state = wanted
		st.wake()
	}
}

// readAgain is wantRead, if the read under way says no more.
func (st *state) readAgain() {
	st.read.state = wanted
	st.wake()
}

// sendRead begins a read.
func (st *state) sendRead() {
	r := &st.read
	r.state, r.number, r.at = underWay, st.nextNumber(), st.now
	p := st.queue.proposal
	r.onlyLast = st.phase == unknown && !st.followed() && (p == nil || p.state == queued)
	onward := r.onward && !r.onlyLast
	if !onward {
		r.mark, r.saw = st.mark, false
	}
	isFirst := st.mark == (mark{})
	if r.onlyLast {
		r.first = isFirst
		st.do(action{kind: actRead, number: r.number, request: readRequest{LastFor: st.subject}})
		return
	}
	r.onward = false
	r.first = r.first || isFirst
	from := uint64(1)
	switch {
	case onward:
		from = st.last + 1
	case st.phase != unknown: // whether the last one is still there, too
		from = max(from, st.last)
	}
	st.do(action{kind: actRead, number: r.number, request: readRequest{Seq: from, NextFor: st.subject, Batch: readBatch, MaxBytes: readBytes}})
}

// onRead handles an answer to the read.
func (st *state) onRead(e *event) {
	if st.read.state != underWay || st.read.number != e.number {
		return
	}
	switch e.kind {
	case evReadBatch:
		st.onReadBatch(&e.batch)
	case evReadEnd:
		st.readAll()
	case evReadMore:
		st.readAgain()
	case evReadBroken:
		st.read.at = st.now
		if st.read.stop(); e.batch.before > st.last {
			st.readAgain()
		}
	case evReadFailed: // there is no stream just now
		st.read.later()
	}
}

// onReadBatch handles a batch that was read.
func (st *state) onReadBatch(b *batch) {
	st.read.at = st.now
	if b.before > st.last {
		st.readAgain() // one of the answers was lost
		return
	}
	if !st.hasMark(b) {
		return
	}
	r := &st.read
	r.saw = r.saw || b.at == r.mark.at || r.mark.at == 0 && b.at == st.last
	st.take(b)
}

// afterReading goes on behind a batch that was read.
func (st *state) afterReading(b *batch) {
	switch {
	case st.last < b.at: // it was not taken
		st.read.stop()
	case st.read.onlyLast:
		st.readAll()
	case b.single:
		st.read.onward = true
		st.readAgain()
	}
}

// readAll notes that there is nothing behind the last batch.
func (st *state) readAll() {
	r := &st.read
	r.stop()
	if r.mark.at != 0 && !r.saw {
		st.suspect()
		return
	}
	if r.saw || st.last == 0 {
		st.confirmed = st.now
	}
	if st.misses() {
		if st.gap.tries++; st.gap.tries < mostTries {
			st.gap.since = st.now // a replica that is behind; the tick tries again
			return
		}
		st.gap.upTo = 0
	}
	if st.phase == unknown {
		st.found()
		return
	}
	if r.first && st.phase != founding && st.stream.mayHaveLost(st.last) { // nobody may know what it has lost
		st.renew(st.last, st.epoch)
		return
	}
	r.first = false
	st.catchUp()
	if st.isClaimed(st.seq) {
		st.wantInquiry()
	}
}

// catchUp lets those go on who wait for what the room has.
func (st *state) catchUp() {
	st.finishOpening()
	st.releaseReached()
	st.advance()
}

// found begins the room's epoch, with the proposal or with a batch of no messages.
func (st *state) found() {
	q := &st.queue
	if q.proposal == nil {
		if !st.isOpening() {
			return // nobody needs it to
		}
		q.proposal = newProposal(0)
	}
	if q.proposal.number != 0 {
		st.wantRead() // it may be there yet
		return
	}
	st.enter(head{epoch: newEpoch(st.mark.epoch, st.wall, st.random), first: 1})
	st.phase, st.emptied = founding, false
	st.advance()
}

// take handles a batch that the stream has. If it is to be delivered, took goes on when it was.
func (st *state) take(b *batch) {
	if !st.follows(b) {
		st.afterBatch(b)
		return
	}
	if st.following == awaited {
		st.following = filling
		st.do(action{kind: actBegin, epoch: b.head.epoch})
	}
	if st.following != nobody {
		st.do(action{kind: actDeliver, batch: *b})
		return
	}
	st.took(b)
	st.afterBatch(b)
}

// follows tells whether b is the room's next batch. It may begin an epoch.
func (st *state) follows(b *batch) bool {
	h := b.head
	if st.phase == founding && !st.queue.proposal.is(h, st.node) {
		st.phase = unknown // somebody else has begun an epoch
		st.wantRead()
	}
	lost := b.source == bySending // batches before it may be
	switch {
	case st.phase != unknown && b.at <= st.last && (h.epoch <= st.epoch || h.first > 1):
		return false // else it begins a later epoch, and the stream has lost the last one
	case st.phase == unknown:
		if lost && h.first > 1 {
			st.miss(b.at)
			st.wantRead()
			return false
		}
		st.enter(h)
	case h.epoch != st.epoch:
		st.endEpoch()
		st.enter(h)
	case h.first <= st.seq: // its numbers were given before
		st.contradict()
		return false
	case h.first > st.seq+1 && lost:
		st.note(b.at, h)
		st.miss(b.at)
		return false
	}
	return true
}

// took handles that b is the room's last batch now.
func (st *state) took(b *batch) {
	if st.last == 0 {
		st.from = b.at
	}
	st.note(b.at, b.head)
	if st.mark.at == b.at {
		st.trust = trusted
	}
	st.last, st.seq, st.emptied, st.confirmed = b.at, b.head.last(), false, st.now
	st.bornAt = st.now - max(0, time.Duration(st.wall-b.head.born)*time.Millisecond)
	st.judgeProposal(b)
	st.releaseReached()
	st.advance()
}

// judgeProposal finds out what b, which is new, means for the proposal.
func (st *state) judgeProposal(b *batch) {
	switch p, h := st.queue.proposal, b.head; {
	case p == nil || p.number == 0:
	case p.is(h, st.node):
		st.finish()
		if p.renews {
			st.do(action{kind: actRenewed})
			st.readAgain() // whoever is about to follow the room waits for that
		}
	case p.renews:
		if h.epoch > p.epoch || h.first == 1 && b.at > p.expects { // another node has begun the next epoch
			st.queue.proposal = nil
		}
	case b.at <= p.base:
	case p.lostTo(h):
		st.superseded()
	default:
		st.giveUp(rooms.ErrUnknown)
	}
}

// afterBatch goes on behind a batch, whether or not it was taken.
func (st *state) afterBatch(b *batch) {
	switch b.source {
	case byRead:
		st.afterReading(b)
	case byTaking:
		st.afterTaking(b)
	}
}
