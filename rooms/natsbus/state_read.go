package natsbus

import "time"

const (
	// readTimeout is the time after which an answer is late. It doubles with each read that was not answered in time, up to
	// mostLate times. Otherwise a node would never accept an answer of brokers that need longer: a late answer is ignored.
	readTimeout = time.Second
	mostLate    = 3
	// maxTries is how many reads may fail to show a missing batch. Then the batch counts as deleted.
	maxTries = 20
	// missingFor is how long a batch may be missing before it is read, because it may still arrive.
	missingFor = 100 * time.Millisecond
)

// requestState is the progress of a read or an inquiry.
type requestState uint8

const (
	idle     requestState = iota
	wanted                // the sender is to send it
	underWay              // it was sent, and its answer is awaited
)

// read is the read of a room's batches from the stream.
type read struct {
	state    requestState
	number   uint64
	at       moment // time of sending, or of the last answer
	late     int    // reads since the last answer that were not answered in time
	onlyLast bool   // it reads only the last batch
	mark     mark   // the mark at the time of sending
	saw      bool   // it has shown the mark; without a mark, the last batch
	first    bool   // this node knew neither a mark nor its epoch when it, or an earlier part of it, was sent
	onward   bool   // the next read begins after the last batch, not with it
}

// want makes the sender read from the last known batch on, unless a read is under way.
func (r *read) want(t *transition) {
	if r.state != underWay {
		r.again(t)
	}
}

// again is like want, but also replaces a read that is under way.
func (r *read) again(t *transition) {
	r.state = wanted
	t.wake()
}

// later makes the tick repeat the read.
func (r *read) later() { r.state = wanted }

// stop ends the read under way. Its further answers are ignored.
func (r *read) stop() {
	if r.state == underWay {
		r.state = idle
	}
}

// expire makes the sender repeat a read whose answer is late.
func (r *read) expire(now moment) {
	if r.state == underWay && now-r.at > readTimeout<<min(r.late, mostLate) {
		r.late++
		r.later()
	}
}

// readRequest is JetStream's JSApiMsgGetRequest. Brokers before 2.11 ignore Batch, and answer with one message.
type readRequest struct {
	Seq      uint64 `json:"seq,omitempty"`
	NextFor  string `json:"next_by_subj,omitempty"`
	LastFor  string `json:"last_by_subj,omitempty"`
	Batch    int    `json:"batch,omitempty"`
	MaxBytes int    `json:"max_bytes,omitempty"`
}

// Bounds of the answer to one read.
const (
	readBatch = 256 // messages
	readBytes = 4 << 20
)

// begin starts a read of subject with a number, and returns the request. If onlyLast is true, it reads the room's last
// batch. Otherwise it reads from p's last batch on, after it if onward is true, or all batches if p is unknown.
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
	case p.phase != unknown: // includes the last batch, to see whether it is still there
		from = max(from, p.last)
	}
	return readRequest{Seq: from, NextFor: subject, Batch: readBatch, MaxBytes: readBytes}
}

// showsMark reports whether b is the mark, and the read has not shown it before.
func (r *read) showsMark(b *batch) bool { return !r.saw && r.mark.is(b.at, b.head) }

// lacksMark reports whether b proves that the mark is missing. Then the read has reached the mark's position
// without showing the mark.
func (r *read) lacksMark(b *batch) bool {
	return !r.saw && r.mark.at != 0 && b.at >= r.mark.at && !r.mark.is(b.at, b.head)
}

// onRead handles an answer to the read.
func (st *state) onRead(e *event) {
	if st.read.state != underWay || st.read.number != e.number {
		return
	}
	st.read.late = 0
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
	case evReadFailed:
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

// afterReading continues the read after batch b was handled.
func (st *state) afterReading(b *batch) {
	switch {
	case st.last < b.at: // b could not be taken
		st.read.stop()
	case st.read.onlyLast:
		st.readAll()
	case b.single:
		st.read.onward = true
		st.read.again(&st.transition)
	}
}

// readAll handles that a read has shown everything: the stream has nothing after its last answer.
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
		if st.missing.tries++; st.missing.tries < maxTries {
			st.missing.since = st.now // a replica that lags has answered; the tick retries
			return
		}
		st.missing.upTo = 0
	}
	if st.phase == unknown {
		st.found()
		return
	}
	if r.first && st.phase != founding && st.stream.mayHaveLost(st.last) { // no node may know its losses
		st.renew(st.last, st.epoch)
		return
	}
	r.first = false
	st.catchUp()
	if st.anyWaiter(func(w *waiter) bool { return st.isAhead(w.since, st.seq) }) {
		st.inquiry.want(&st.transition)
	}
}

// catchUp opens the follower, ends the wait of resuming members, and continues publishing.
func (st *state) catchUp() {
	st.finishOpening(&st.transition)
	st.releaseReached(&st.transition, &st.position)
	st.advance()
}

// found begins the room's epoch, with the proposal or with a batch without messages.
func (st *state) found() {
	q := &st.queue
	if q.proposal == nil {
		if !st.isOpening() {
			return // no epoch is needed
		}
		q.proposal = newProposal(0)
	}
	if q.proposal.number != 0 {
		st.read.want(&st.transition) // an earlier try may have been taken
		return
	}
	st.enter(head{epoch: newEpoch(st.mark.epoch, st.wall, st.random), first: 1})
	st.phase, st.emptied = founding, false
	st.advance()
}
