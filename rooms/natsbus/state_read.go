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

// want has the sender read what comes behind the last batch that is known.
func (r *read) want(t *turn) {
	if r.state != underWay {
		r.again(t)
	}
}

// again is want, if the read under way says no more.
func (r *read) again(t *turn) {
	r.state = wanted
	t.wake()
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

// begin begins a read of subject behind p, and returns what is asked. number is its own.
func (r *read) begin(number uint64, now moment, subject string, p *position, m mark, onlyLast bool) readRequest {
	r.state, r.number, r.at, r.onlyLast = underWay, number, now, onlyLast
	onward := r.onward && !onlyLast
	if !onward {
		r.mark, r.saw = m, false
	}
	isFirst := m == (mark{})
	if onlyLast {
		r.first = isFirst
		return readRequest{LastFor: subject}
	}
	r.onward = false
	r.first = r.first || isFirst
	from := uint64(1)
	switch {
	case onward:
		from = p.last + 1
	case p.phase != unknown: // whether the last one is still there, too
		from = max(from, p.last)
	}
	return readRequest{Seq: from, NextFor: subject, Batch: readBatch, MaxBytes: readBytes}
}

// showsMark tells whether b is the mark, which the read has yet to show.
func (r *read) showsMark(b *batch) bool { return !r.saw && r.mark.is(b.at, b.head) }

// lacksMark tells whether b is in the mark's position or behind it, and the read has not shown the mark.
func (r *read) lacksMark(b *batch) bool {
	return !r.saw && r.mark.at != 0 && b.at >= r.mark.at && !r.mark.is(b.at, b.head)
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
		st.read.again(&st.turn)
	case evReadBroken:
		st.read.at = st.now
		if st.read.stop(); e.batch.before > st.last {
			st.read.again(&st.turn)
		}
	case evReadFailed: // there is no stream just now
		st.read.later()
	}
}

// onReadBatch handles a batch that was read.
func (st *state) onReadBatch(b *batch) {
	st.read.at = st.now
	if b.before > st.last {
		st.read.again(&st.turn) // one of the answers was lost
		return
	}
	r := &st.read
	switch {
	case r.lacksMark(b):
		st.suspect()
		return
	case r.showsMark(b):
		st.settle()
	}
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
		st.read.again(&st.turn)
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
	if st.claims(func(w *waiter) bool { return st.isBehind(w.since, st.seq) }) {
		st.inquiry.want(&st.turn)
	}
}

// catchUp lets those go on who wait for what the room has.
func (st *state) catchUp() {
	st.finishOpening(&st.turn)
	st.releaseReached(&st.turn, &st.position)
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
		st.read.want(&st.turn) // it may be there yet
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
	if st.followed() {
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
		st.read.want(&st.turn)
	}
	lost := b.source == bySending // batches before it may be
	switch {
	case st.phase != unknown && b.at <= st.last && (h.epoch <= st.epoch || h.first > 1):
		return false // else it begins a later epoch, and the stream has lost the last one
	case st.phase == unknown:
		if lost && h.first > 1 {
			st.miss(b.at, st.now)
			st.read.want(&st.turn)
			return false
		}
		st.enter(h)
	case h.epoch != st.epoch:
		st.endEpoch(&st.turn)
		st.enter(h)
	case h.first <= st.seq: // its numbers were given before
		st.trust = contradicted
		st.suspect()
		return false
	case h.first > st.seq+1 && lost:
		st.note(b.at, h)
		st.miss(b.at, st.now)
		return false
	}
	return true
}

// took handles that b is the room's last batch now.
func (st *state) took(b *batch) {
	st.reach(b, st.now, st.wall)
	st.note(b.at, b.head)
	if st.mark.at == b.at {
		st.settle()
	}
	st.judgeProposal(b)
	st.releaseReached(&st.turn, &st.position)
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
			st.read.again(&st.turn) // whoever is about to follow the room waits for that
		}
	case p.renews:
		if h.epoch > p.epoch || h.first == 1 && b.at > p.expects { // another node has begun the next epoch
			st.queue.drop()
		}
	case b.at <= p.base:
	case p.lostTo(h):
		st.queue.supersede(&st.turn)
	default:
		st.queue.giveUp(&st.turn, rooms.ErrUnknown)
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
