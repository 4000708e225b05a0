package natsbus

import "slices"

// inquiry is what the stream's leader is asked.
type inquiry struct {
	state   requestState
	number  uint64
	at      moment       // when it was sent
	mark    mark         // when it was sent
	ofPlace bool         // it is of what is in the mark's position, and not of the room's last batch
	last    leaderAnswer // if ofPlace: the room's last batch
}

// stop has nothing be asked.
func (q *inquiry) stop() { q.state, q.ofPlace = idle, false }

// leaderAnswer is what the stream's leader has.
type leaderAnswer struct {
	found bool
	at    uint64
	room  bool // it is a batch of the room that was asked about, and head its head
	head  head
}

// wantInquiry has the sender ask the stream's leader about the room.
func (st *state) wantInquiry() {
	if st.inquiry.state != underWay {
		st.inquiry.state = wanted
		st.wake()
	}
}

// sendInquiry asks the leader what is in the mark's position, or the room's last batch.
func (st *state) sendInquiry() {
	q := &st.inquiry
	q.state, q.number, q.at, q.mark = underWay, st.nextNumber(), st.now, st.mark
	for i := range st.waiters {
		st.waiters[i].asked = !q.ofPlace
	}
	request := readRequest{LastFor: st.subject}
	if q.ofPlace {
		request = readRequest{Seq: st.mark.at}
	}
	st.do(action{kind: actAsk, number: q.number, request: request})
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
		q.ofPlace = false
		if st.trust != trusted {
			st.wantInquiry()
		}
	}
	st.advance()
}

// finding is what an answer of the stream's leader says of the mark.
type finding uint8

const (
	noMark       finding = iota // there is none to look for, and nothing is against what is known
	isLast                      // the mark is the room's last batch
	isThere                     // it is there, and there is more
	unclear                     // there is more; what is in the mark's position is another inquiry
	dropped                     // the stream keeps it no more, for its age or for what came behind it
	roomIsGone                  // the stream keeps nothing of the room
	epochIsLater                // a later epoch has begun
	isLost                      // the stream has lost it
)

// find tells what an answer about the room's last batch says of the mark.
func (st *state) find(a leaderAnswer) finding {
	m := st.mark
	switch {
	case !a.found:
		return roomIsGone
	case m.at == 0 && st.trust != contradicted && (st.phase == unknown || a.at >= st.last):
		return noMark
	case m.is(a.at, a.head):
		return isLast
	case a.at > m.at && st.trust != contradicted:
		return unclear
	case a.head.epoch > m.epoch:
		return epochIsLater
	}
	return isLost
}

// findPlace tells what an answer about the mark's position says of it. last is the room's last batch.
func (st *state) findPlace(a, last leaderAnswer) finding {
	switch {
	case a.found && a.room && st.mark.is(a.at, a.head):
		return isThere
	case last.head.epoch > st.mark.epoch:
		return epochIsLater
	case a.found || last.head.epoch < st.mark.epoch:
		return isLost
	}
	return dropped
}

// judge goes on with what the leader's answer says of the mark.
func (st *state) judge(a leaderAnswer) {
	q, last := &st.inquiry, a
	var f finding
	if q.ofPlace {
		q.ofPlace, last = false, q.last
		f = st.findPlace(a, last)
	} else {
		f = st.find(a)
	}
	switch f {
	case noMark:
		st.trust = trusted
		st.wantRead()
	case isLast:
		st.resume()
	case isThere:
		st.trust = trusted
		st.miss(last.at) // a replica that is behind has shown less; the tick reads again
	case unclear:
		q.ofPlace, q.last = true, a
		st.wantInquiry()
	case dropped:
		st.trust, st.mark.at = trusted, 0
		st.wantRead()
	case roomIsGone:
		st.resumeWithout()
	case epochIsLater:
		st.rejoin()
	case isLost:
		st.renew(last.at, last.head.epoch)
	}
}

// resume goes on with a room whose mark is its last batch.
func (st *state) resume() {
	st.trust = trusted
	if st.phase == unknown || st.last < st.mark.at {
		st.miss(st.mark.at)
		return
	}
	st.confirmed = st.now
	st.catchUp()
}

// resumeWithout goes on with a room of which the stream has nothing.
func (st *state) resumeWithout() {
	st.mark.at = 0
	if st.trust == contradicted && st.phase != unknown {
		st.renew(0, st.epoch)
		return
	}
	st.trust = trusted
	if st.phase == unknown {
		st.found()
		return
	}
	st.catchUp()
}

// expireInquiry asks again what was not answered, and sees to it that a doubt is followed up.
func (st *state) expireInquiry() {
	q := &st.inquiry
	if q.state == underWay && st.now-q.at > readTimeout {
		q.stop()
		st.wantInquiry()
	}
	if st.trust != trusted && q.state == idle && st.read.state != underWay && !st.renewing() {
		st.wantRead()
	}
}

// believesClaims handles what the stream's leader has, for those who come from a number that the room's
// epoch has not reached. It tells whether the room is to begin anew. Whoever has been in the room can invent
// such a number. So it is believed only if the epoch began before this node could notice that the stream
// had gone back. The next epoch does not, so lying has an effect once per room and start of a node, at most.
// Anybody else is told of a gap.
func (st *state) believesClaims(a leaderAnswer) bool {
	if st.inquiry.ofPlace || st.trust != trusted || st.renewing() || a.found && a.head.epoch != st.epoch {
		return false
	}
	reached := st.seq
	if a.found {
		reached = a.head.last()
	}
	claims := func(w *waiter) bool { return w.asked && st.claims(w, reached) }
	if a.found && st.from <= st.stream.vouched && slices.ContainsFunc(st.waiters, func(w waiter) bool { return claims(&w) }) {
		return true
	}
	st.release(claims)
	return false
}
