package natsbus

import "time"

const (
	readTimeout = time.Second
	// mostTries to read a batch that there is, before it is taken for deleted.
	maxTries = 20
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
func (r *read) want(t *transition) {
	if r.state != underWay {
		r.again(t)
	}
}

// again is want, if the read under way says no more.
func (r *read) again(t *transition) {
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
		st.read.again(&st.transition)
	case evReadBroken:
		st.read.at = st.now
		if st.read.stop(); e.batch.before > st.last {
			st.read.again(&st.transition)
		}
	case evReadFailed: // there is no stream just now
		st.read.later()
	}
}

// onReadBatch handles a batch that was read.
func (st *state) onReadBatch(b *batch) {
	st.read.at = st.now
	if b.before > st.last {
		st.read.again(&st.transition) // one of the answers was lost
		return
	}
	r := &st.read
	switch {
	case r.lacksMark(b):
		st.suspect()
		return
	case r.showsMark(b):
		st.endDoubt()
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
		st.read.again(&st.transition)
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
		if st.gap.tries++; st.gap.tries < maxTries {
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
	if st.anyWaiter(func(w *waiter) bool { return st.isBehind(w.since, st.seq) }) {
		st.inquiry.want(&st.transition)
	}
}

// catchUp lets those go on who wait for what the room has.
func (st *state) catchUp() {
	st.finishOpening(&st.transition)
	st.releaseReached(&st.transition, &st.position)
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
		st.read.want(&st.transition) // it may be there yet
		return
	}
	st.enter(head{epoch: newEpoch(st.mark.epoch, st.wall, st.random), first: 1})
	st.phase, st.emptied = founding, false
	st.advance()
}
