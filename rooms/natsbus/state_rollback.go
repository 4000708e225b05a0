package natsbus

import "plenum/rooms"

// trust is a node's knowledge of whether the stream still has the mark.
type trust uint8

const (
	trusted      trust = iota // nothing speaks against it
	doubted                   // the stream has to show the mark first; nothing is delivered or published
	contradicted              // like doubted; if the stream has a batch after the mark, it has certainly lost the mark
)

// mark is the newest batch of a room that this node knows the stream has taken. All fields together identify
// the batch: two batches may have the same sequence number if the brokers return with an older copy of the
// stream. The mark stays when the follower is gone.
type mark struct {
	at     uint64 // sequence number in the stream; 0: there is no mark
	epoch  rooms.Epoch
	node   uint64
	number uint64
}

func (m mark) is(at uint64, h head) bool { return m == mark{at, h.epoch, h.node, h.number} }

// newEpoch returns an epoch that is larger than after, so that nodes can tell the later of two epochs of a
// room. It has the time wall, in Unix milliseconds, in its high bits, and randomBits bits of random.
func newEpoch(after rooms.Epoch, wall int64, random uint64) rooms.Epoch {
	chance := rooms.Epoch(random & (1<<randomBits - 1))
	e := rooms.Epoch(wall)<<randomBits | chance
	if next := after + 1 + chance; e <= after && next > after {
		return next
	}
	return e
}

const randomBits = 22

// proof is the mark, which the stream has to show before the node delivers or publishes, and the trust in it.
type proof struct {
	mark  mark
	trust trust
}

// note makes the batch with the head h and the sequence number at the mark, if it is newer.
func (p *proof) note(at uint64, h head) {
	if at > p.mark.at || h.epoch > p.mark.epoch {
		p.mark = mark{at, h.epoch, h.node, h.number}
	}
}

// doubt stops delivering and publishing until the stream has shown the mark.
func (p *proof) doubt() { p.trust = max(p.trust, doubted) }

// endDoubt allows delivering and publishing.
func (p *proof) endDoubt() { p.trust = trusted }

// clearMark removes the mark, but keeps its epoch.
func (p *proof) clearMark() { p.mark.at = 0 }

// judgeLast draws a conclusion from the leader's answer about the room's last batch. at is the node's position
// in the room.
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

// judgePosition draws a conclusion from the leader's answer about the mark's position. last is the room's last
// batch.
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

// judgeFirst draws a conclusion from the leader's answer about the room's first batch, if the mark's position
// is empty. The stream drops a room's oldest batches first.
func (p *proof) judgeFirst(first leaderAnswer) finding {
	if first.found && first.at < p.mark.at {
		return isLost
	}
	return dropped
}

// verify stops delivering and publishing until a read has shown that the stream still has the mark.
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

// suspect makes the node ask the stream's leader whether the stream has gone back. The reason is a new batch,
// or a read, that contradicts the mark. A read alone proves nothing, because any replica may answer it.
func (st *state) suspect() {
	st.doubt()
	st.read.state = idle
	if !st.queue.renews() {
		st.inquiry.want(&st.transition)
	}
}

// contradict handles that a batch after the last one assigns numbers a second time. So the stream has lost the
// last batch. The mark may be newer than both, and the stream may have it. Then the leader's answer about the mark
// would not show the loss. So the mark's position becomes that of the last batch.
func (st *state) contradict() {
	st.trust = contradicted
	st.mark.at = st.last
	st.suspect()
}

// mustSkip reports whether the republished batch b must not be taken now. If so, it acts on the reason: it
// notes that b is missing, suspects a loss, or makes the renewal follow b.
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
		if h.epoch <= m.epoch && at > p.expects { // a node that does not know of the loss continues the old epoch
			p.followNewer(st.nextNumber(), at)
			st.renewal = p.number
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

// enterLaterEpoch moves the room's members to a later epoch, which the stream already has.
func (st *state) enterLaterEpoch() {
	st.queue.withdraw(&st.transition)
	st.endEpoch(&st.transition)
	st.forget()
	st.endDoubt()
	st.clearMark()
	st.read.again(&st.transition)
}

// renew proposes the renewal, because the stream has lost batches of the room. The new epoch is larger than
// after. The renewal has to follow the room's last batch, with the sequence number at. If several nodes propose
// one, the stream takes one of them. Members are closed only when the stream has taken one, so a replaced leader can
// do no harm.
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
	st.queue.proposal, st.renewal = p, p.number
	st.advance()
}
