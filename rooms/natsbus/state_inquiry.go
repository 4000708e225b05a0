package natsbus

// inquiry is what the stream's leader is asked.
type inquiry struct {
	state  requestState
	number uint64
	at     moment // when it was sent
	mark   mark   // when it was sent
	about  about
	last   leaderAnswer // the answer aboutLast, if it is about something else
}

// about is what a question to the leader is about.
type about uint8

const (
	aboutLast     about = iota // the room's last batch
	aboutPosition              // what is in the mark's position
	aboutFirst                 // the first batch of the room that the stream keeps
)

// stop has nothing be asked.
func (q *inquiry) stop() { q.state, q.about = idle, aboutLast }

// want has the sender ask the stream's leader about the room.
func (q *inquiry) want(t *transition) {
	if q.state != underWay {
		q.state = wanted
		t.wake()
	}
}

// begin begins a question about subject, and returns what is asked. number is its own.
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

// expire asks again what was not answered.
func (q *inquiry) expire(t *transition) {
	if q.state == underWay && t.now-q.at > readTimeout {
		q.stop()
		q.want(t)
	}
}

// leaderAnswer is what the stream's leader has.
type leaderAnswer struct {
	found bool
	at    uint64
	room  bool // it is a batch of the room that was asked about, and head its head
	head  head
}

// onAnswer handles the answer of the stream's leader.
func (st *state) onAnswer(e *event) {
	q, a := &st.inquiry, e.answer
	if q.state != underWay || q.number != e.number {
		return
	}
	q.state = idle
	switch {
	case st.believesClaims(a):
		st.renew(a.at, st.epoch)
	case q.mark == st.mark:
		st.judge(a)
	default: // the answer is older than what this node knows by now
		q.about = aboutLast
		if st.trust != trusted {
			st.inquiry.want(&st.transition)
		}
	}
	st.advance()
}

// finding is what an answer of the stream's leader says of the mark.
type finding uint8

const (
	noMark          finding = iota // there is none to look for, and nothing is against what is known
	isLast                         // the mark is the room's last batch
	isStored                       // it is there, and there is more
	unclear                        // there is more; what is in the mark's position is another inquiry
	positionIsEmpty                // nothing is in the mark's position; whether the mark was dropped is another inquiry
	dropped                        // the stream keeps it no more, for its age or for what came behind it
	roomIsEmpty                    // the stream keeps nothing of the room
	epochIsLater                   // a later epoch has begun
	isLost                         // the stream has lost it
)

// judge goes on with what the leader's answer says of the mark.
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
		st.miss(last.at, st.now) // a replica that is behind has shown less; the tick reads again
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

// resume goes on with a room whose mark is its last batch.
func (st *state) resume() {
	st.endDoubt()
	if st.phase == unknown || st.last < st.mark.at {
		st.miss(st.mark.at, st.now)
		return
	}
	st.confirmed = st.now
	st.catchUp()
}

// resumeWithout goes on with a room of which the stream has nothing.
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

// believesClaims handles what the stream's leader has, for those who come from a number that the room's
// epoch has not reached. It tells whether the room is to begin anew. Whoever has been in the room can invent
// such a number. So it is believed only if the epoch began before this node could notice that the stream
// had gone back. The next epoch does not, so lying has an effect once per room and start of a node, at most.
// Anybody else is told of a gap.
func (st *state) believesClaims(a leaderAnswer) bool {
	if st.inquiry.about != aboutLast || st.trust != trusted || st.queue.renews() || a.found && a.head.epoch != st.epoch {
		return false
	}
	reached := st.seq
	if a.found {
		reached = a.head.last()
	}
	claims := func(w *waiter) bool { return w.asked && st.isBehind(w.since, reached) }
	if a.found && st.from <= st.stream.watchedFrom && st.anyWaiter(claims) {
		return true
	}
	st.release(&st.transition, claims)
	return false
}
