package natsbus

// inquiry is a question to the stream's leader.
type inquiry struct {
	state  requestState
	number uint64
	at     moment // time of sending
	late   int    // inquiries since the last answer that were not answered in time
	mark   mark   // the mark at the time of sending
	about  about
	last   leaderAnswer // unless about is aboutLast: the answer to the inquiry aboutLast before it
}

// about is the subject matter of an inquiry.
type about uint8

const (
	aboutLast     about = iota // the room's last batch
	aboutPosition              // the mark's position in the stream
	aboutFirst                 // the room's first batch in the stream
)

// stop cancels the inquiry.
func (q *inquiry) stop() { q.state, q.about = idle, aboutLast }

// want makes the sender ask the leader, unless an answer is awaited.
func (q *inquiry) want(t *transition) {
	if q.state != underWay {
		q.state = wanted
		t.wake()
	}
}

// begin starts the inquiry number about the room with the given subject, and returns the request.
func (q *inquiry) begin(number uint64, now moment, subject string, m mark) readRequest {
	q.state, q.number, q.at, q.mark = underWay, number, now, m
	switch q.about {
	case aboutPosition:
		return readRequest{Seq: m.at}
	case aboutFirst:
		return readRequest{Seq: 1, NextFor: subject}
	}
	return readRequest{LastFor: subject}
}

// expire repeats an inquiry without an answer, from aboutLast on.
func (q *inquiry) expire(t *transition) {
	if q.state == underWay && t.now-q.at > readTimeout<<min(q.late, mostLate) {
		q.late++
		q.stop()
		q.want(t)
	}
}

// leaderAnswer is the leader's answer: a message of the stream, or none.
type leaderAnswer struct {
	found bool
	at    uint64
	room  bool // the message is a batch of this room, with this head
	head  head
}

// onAnswer handles the answer of the stream's leader.
func (st *state) onAnswer(e *event) {
	q, a := &st.inquiry, e.answer
	if q.state != underWay || q.number != e.number {
		return
	}
	q.state, q.late = idle, 0
	switch {
	case st.believesClaims(a):
		st.renew(a.at, st.epoch)
	case q.mark == st.mark:
		st.judge(a)
	default: // the mark has changed since the inquiry was sent
		q.about = aboutLast
		if st.trust != trusted {
			st.inquiry.want(&st.transition)
		}
	}
	st.advance()
}

// finding is the conclusion from an answer of the leader about the mark.
type finding uint8

const (
	noMark          finding = iota // there is no mark, and nothing contradicts this node's knowledge
	isLast                         // the mark is the room's last batch
	isStored                       // the stream has the mark, and newer batches
	unclear                        // the stream has newer batches; the next inquiry is aboutPosition
	positionIsEmpty                // the mark's position is empty; the next inquiry is aboutFirst
	dropped                        // the stream has dropped the mark, for its age or for the number of batches
	roomIsEmpty                    // the stream has no batch of the room
	epochIsLater                   // a later epoch has begun
	isLost                         // the stream has lost the mark
)

// judge draws the conclusion from the leader's answer, and acts on it.
func (st *state) judge(a leaderAnswer) {
	q, last := &st.inquiry, a
	var f finding
	switch q.about {
	case aboutLast:
		f = st.judgeLast(a, &st.position)
	case aboutPosition:
		last = q.last
		f = st.judgePosition(a, last)
	case aboutFirst:
		last = q.last
		f = st.judgeFirst(a)
	}
	q.about = aboutLast
	switch f {
	case noMark:
		st.endDoubt()
		st.read.want(&st.transition)
	case isLast:
		st.resume()
	case isStored:
		st.endDoubt()
		st.miss(last.at, st.now) // the read came from a replica that lags; the tick reads again
	case unclear:
		q.about, q.last = aboutPosition, a
		q.want(&st.transition)
	case positionIsEmpty:
		q.about, q.last = aboutFirst, last
		q.want(&st.transition)
	case dropped:
		st.endDoubt()
		st.clearMark()
		st.read.want(&st.transition)
	case roomIsEmpty:
		st.resumeWithout()
	case epochIsLater:
		st.enterLaterEpoch()
	case isLost:
		st.renew(last.at, last.head.epoch)
	}
}

// resume continues a room whose mark is its last batch.
func (st *state) resume() {
	st.endDoubt()
	if st.phase == unknown || st.last < st.mark.at {
		st.miss(st.mark.at, st.now)
		return
	}
	st.confirmed = st.now
	st.catchUp()
}

// resumeWithout continues a room of which the stream has no batch.
func (st *state) resumeWithout() {
	st.clearMark()
	if st.trust == contradicted && st.phase != unknown {
		st.renew(0, st.epoch)
		return
	}
	st.endDoubt()
	if st.phase == unknown {
		st.found()
		return
	}
	st.catchUp()
}

// believesClaims handles the waiters whose position is ahead of the leader's last batch, a. It reports whether
// the room is to start again with a new epoch. Any former member of the room can invent such a position. So it
// is believed only if the epoch began before streamView.watchedFrom, because the stream has lost nothing of a later
// epoch. The next epoch begins later. So a lie has an effect at most once per room and start of a node, and once each
// time the stream has gone back. Waiters that are not believed receive a gap.
func (st *state) believesClaims(a leaderAnswer) bool {
	if st.inquiry.about != aboutLast || st.trust != trusted || st.queue.renews() || a.found && a.head.epoch != st.epoch {
		return false
	}
	reached := st.seq
	if a.found {
		reached = a.head.last()
	}
	claims := func(w *waiter) bool { return w.asked && st.isAhead(w.since, reached) }
	if a.found && st.from <= st.stream.watchedFrom && st.anyWaiter(claims) {
		return true
	}
	st.release(&st.transition, claims)
	return false
}
