package natsbus

import "plenum/rooms"

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

// proof is what the stream has to show before a node delivers or publishes anything.
type proof struct {
	mark  mark
	trust trust
}

// note notes that the stream has batch h as number at.
func (p *proof) note(at uint64, h head) {
	if at > p.mark.at || h.epoch > p.mark.epoch {
		p.mark = mark{at, h.epoch, h.node, h.number}
	}
}

// doubt has nothing be delivered or published until the stream has shown the mark.
func (p *proof) doubt() { p.trust = max(p.trust, doubted) }

// settle ends any doubt.
func (p *proof) endDoubt() { p.trust = trusted }

// letGo has there be no mark to look for.
func (p *proof) clearMark() { p.mark.at = 0 }

// find tells what an answer about the room's last batch says of the mark. at is what is known.
func (p *proof) judgeLast(a leaderAnswer, at *position) finding {
	m := p.mark
	switch {
	case !a.found:
		return roomIsEmpty
	case m.at == 0 && p.trust != contradicted && (at.phase == unknown || a.at >= at.last):
		return noMark
	case m.is(a.at, a.head):
		return isLast
	case a.at > m.at && p.trust != contradicted:
		return unclear
	case a.head.epoch > m.epoch:
		return epochIsLater
	}
	return isLost
}

// findPosition tells what an answer about the mark's position says of it. last is the room's last batch.
func (p *proof) judgePosition(a, last leaderAnswer) finding {
	switch {
	case a.found && a.room && p.mark.is(a.at, a.head):
		return isStored
	case last.head.epoch > p.mark.epoch:
		return epochIsLater
	case a.found || last.head.epoch < p.mark.epoch:
		return isLost
	}
	return positionIsEmpty
}

// findFirst tells what an answer about the first batch that the stream keeps of the room says of the mark, if
// nothing is in its position. The stream drops a room's oldest batches first.
func (p *proof) judgeFirst(first leaderAnswer) finding {
	if first.found && first.at < p.mark.at {
		return isLost
	}
	return dropped
}

// verify has nothing be delivered or sent until a read has shown that the stream still has the
// mark.
func (st *state) verify() {
	if st.queue.renews() {
		st.queue.drop()
	}
	if st.doubt(); st.mark.at == 0 {
		st.endDoubt()
	}
	st.inquiry.stop()
	st.read.again(&st.transition)
}

// suspect has the stream's leader be asked whether the stream has gone back: a read, which any
// replica may answer, or a batch that has come contradicts the mark.
func (st *state) suspect() {
	st.doubt()
	st.read.state = idle
	if !st.queue.renews() {
		st.inquiry.want(&st.transition)
	}
}

// contradict handles that a batch behind the last one gives numbers again: so the stream has lost the last one.
// The mark may be newer than both, and the stream has it then all the same. So the last one is what the
// stream has to show now.
func (st *state) contradict() {
	st.trust = contradicted
	st.mark.at = st.last
	st.suspect()
}

// holds tells whether a batch that the stream has just sent is not to be taken now.
func (st *state) mustSkip(b *batch) bool {
	m, at, h := st.mark, b.at, b.head
	switch {
	case m.at == 0 || h.epoch > m.epoch && h.first == 1:
		return false
	case st.queue.renews():
		p := st.queue.proposal
		if p.is(h, st.node) {
			return false
		}
		if h.epoch <= m.epoch && at > p.expects { // somebody who does not know better goes on with the old epoch
			p.followNewer(st.nextNumber(), at)
			st.advance()
		}
	case st.trust != trusted:
		st.miss(at, st.now)
	case at == m.at && !m.is(at, h), at > m.at && b.before != 0 && b.before < m.at, at <= st.last && h.epoch == st.epoch && h.first > st.seq && h.count > 0:
		st.suspect()
	case at > m.at && h.epoch != st.epoch && h.first > 1: // the epoch's beginning is missing
		st.miss(at, st.now)
		st.read.want(&st.transition)
	default:
		return false
	}
	return true
}

// rejoin has the room's members come back to a later epoch, which is in the stream already.
func (st *state) enterLaterEpoch() {
	st.queue.withdraw(&st.transition)
	st.endEpoch(&st.transition)
	st.forget()
	st.endDoubt()
	st.clearMark()
	st.read.again(&st.transition)
}

// renew begins the room's next epoch behind number at of the stream, its last batch: what this node
// knows of the room is not in the stream any more. The stream takes one of several such batches. Members are
// sent away only when it has taken one, so a leader that is none any more does no harm.
func (st *state) renew(at uint64, after rooms.Epoch) {
	st.queue.withdraw(&st.transition)
	st.doubt()
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
