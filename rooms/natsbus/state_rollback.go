package natsbus

import (
	"slices"

	"plenum/rooms"
)

// trust is whether the stream still has the mark, as far as a node knows.
type trust uint8

const (
	trusted      trust = iota // nothing is against it
	doubted                   // the stream has yet to show it: nothing is delivered or sent
	contradicted              // as doubted, and it is certain that the stream has not, if it has anything behind the mark
)

// mark is the newest batch of a room that this node knows the stream has taken. The node and its
// number identify the batch: two batches may have the same sequence number in the stream if the
// brokers come back with an older copy of it. The mark outlives Follow.
type mark struct {
	at     uint64 // sequence number in the stream; 0: this node knows of none
	epoch  rooms.Epoch
	node   uint64
	number uint64
}

func (m mark) is(at uint64, h head) bool { return m == mark{at, h.epoch, h.node, h.number} }

// newEpoch returns an epoch that is larger than after: Unix milliseconds and 22 random bits. So
// nodes can tell the later of two epochs of a room.
func newEpoch(after rooms.Epoch, wall int64, random uint64) rooms.Epoch {
	chance := rooms.Epoch(random & (1<<randomBits - 1))
	e := rooms.Epoch(wall)<<randomBits | chance
	if next := after + 1 + chance; e <= after && next > after {
		return next
	}
	return e
}

const randomBits = 22

// note notes that the stream has batch h as number at.
func (st *state) note(at uint64, h head) {
	if at > st.mark.at || h.epoch > st.mark.epoch {
		st.mark = mark{at, h.epoch, h.node, h.number}
	}
}

// renewing tells whether a batch that begins the room's next epoch is on its way.
func (st *state) renewing() bool { return st.queue.proposal != nil && st.queue.proposal.renews }

// verify has nothing be delivered or sent until a read has shown that the stream still has the
// mark.
func (st *state) verify() {
	if st.renewing() {
		st.queue.proposal = nil
	}
	if st.mark.at == 0 {
		st.trust = trusted
	} else {
		st.trust = max(st.trust, doubted)
	}
	st.inquiry.stop()
	st.readAgain()
}

// suspect has the stream's leader be asked whether the stream has gone back: a read, which any
// replica may answer, or a batch that has come contradicts the mark.
func (st *state) suspect() {
	st.trust = max(st.trust, doubted)
	st.read.state = idle
	if !st.renewing() {
		st.wantInquiry()
	}
}

// contradict is suspect if it is certain that the stream has lost something.
func (st *state) contradict() {
	st.trust = contradicted
	st.suspect()
}

// holds tells whether a batch that the stream has just sent is not to be taken now.
func (st *state) holds(b *batch) bool {
	m, at, h := st.mark, b.at, b.head
	switch {
	case m.at == 0 || h.epoch > m.epoch && h.first == 1:
		return false
	case st.renewing():
		p := st.queue.proposal
		if p.is(h, st.node) {
			return false
		}
		if h.epoch <= m.epoch && at > p.expects { // somebody who does not know better goes on with the old epoch
			st.renewBehind(at)
		}
	case st.trust != trusted:
		st.miss(at)
	case at == m.at && !m.is(at, h), at > m.at && b.before != 0 && b.before < m.at, at <= st.last && h.epoch == st.epoch && h.first > st.seq && h.count > 0:
		st.suspect()
	case at > m.at && h.epoch != st.epoch && h.first > 1: // the epoch's beginning is missing
		st.miss(at)
		st.wantRead()
	default:
		return false
	}
	return true
}

// hasMark handles a batch that was read, until the read has shown the mark: it tells whether the
// batch may be taken.
func (st *state) hasMark(b *batch) bool {
	r := &st.read
	switch {
	case r.saw || r.mark.at == 0 || b.at < r.mark.at:
		return true
	case r.mark.is(b.at, b.head):
		st.trust = trusted
		return true
	}
	st.suspect()
	return false
}

// rejoin has the room's members come back to a later epoch, which is in the stream already.
func (st *state) rejoin() {
	st.recall()
	st.endEpoch()
	st.forget()
	st.mark.at = 0
	st.readAgain()
}

// renew begins the room's next epoch behind number at of the stream, its last batch: what this node
// knows of the room is not in the stream any more. The stream takes one of several such batches. Members are
// sent away only when it has taken one, so a leader that is none any more does no harm.
func (st *state) renew(at uint64, after rooms.Epoch) {
	st.recall()
	st.trust = max(st.trust, doubted)
	st.read.state = idle
	if st.phase == founding {
		st.phase = known
	}
	p := newProposal(0)
	p.renews, p.state, p.number, p.began = true, fixed, st.nextNumber(), st.now
	p.epoch, p.first, p.base, p.expects, p.born = newEpoch(max(after, st.epoch, st.mark.epoch), st.wall, st.random), 1, at, at, st.wall
	st.queue.proposal = p
	st.advance()
}

// renewBehind has the batch that begins the next epoch follow a newer one.
func (st *state) renewBehind(at uint64) {
	p := st.queue.proposal
	p.number, p.base, p.expects, p.state = st.nextNumber(), at, at, fixed
	st.advance()
}

// recall has the proposal wait again, or gives it up if the stream may have taken it.
func (st *state) recall() {
	switch p := st.queue.proposal; {
	case p == nil:
	case p.count == 0:
		st.queue.proposal = nil
	case p.state != queued:
		st.giveUp(rooms.ErrUnknown)
	default:
		st.queue.putBack()
	}
}

// isClaimed tells whether somebody comes from a number behind seq in the room's epoch.
func (st *state) isClaimed(seq uint64) bool {
	return slices.ContainsFunc(st.waiters, func(w waiter) bool { return st.claims(&w, seq) })
}

func (st *state) claims(w *waiter, seq uint64) bool {
	return st.phase != unknown && w.since.Seq > seq && w.since.Epoch == st.epoch.String()
}
