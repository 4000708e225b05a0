package natsbus

import "plenum/rooms"

// take handles a batch that the stream has. If the batch is to be delivered, took continues after evDelivered.
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

// follows reports whether b is the room's next batch. b may begin an epoch.
func (st *state) follows(b *batch) bool {
	h := b.head
	if st.phase == founding && !st.queue.proposal.is(h, st.node) {
		st.phase = unknown // another node has begun an epoch
		st.read.want(&st.transition)
	}
	lost := b.source == byRepublish // batches before b may be lost
	switch {
	case st.phase != unknown && b.at <= st.last && (h.epoch <= st.epoch || h.first > 1):
		return false // known already; the first batch of a later epoch is not: then the stream has lost the last batch
	case st.phase == unknown:
		if lost && h.first > 1 {
			st.miss(b.at, st.now)
			st.read.want(&st.transition)
			return false
		}
		st.enter(h)
	case h.epoch != st.epoch:
		st.endEpoch(&st.transition)
		st.enter(h)
	case h.first <= st.seq: // its numbers were assigned before
		st.contradict()
		return false
	case lost && (h.first > st.seq+1 || b.before > st.last): // in the latter case the numbers fit by chance
		st.note(b.at, h)
		st.miss(b.at, st.now)
		return false
	}
	return true
}

// took makes b the room's last batch.
func (st *state) took(b *batch) {
	st.reach(b, st.now, st.wall)
	st.note(b.at, b.head)
	if st.mark.at == b.at {
		st.endDoubt()
	}
	st.judgeProposal(b)
	st.judgeRenewal(b)
	st.releaseReached(&st.transition, &st.position)
	st.advance()
}

// judgeProposal decides from the new batch b whether the stream has taken the proposal.
func (st *state) judgeProposal(b *batch) {
	switch p, h := st.queue.proposal, b.head; {
	case p == nil || p.number == 0:
	case p.is(h, st.node):
		st.finish()
		if p.renews {
			st.read.again(&st.transition) // a waiting Follow needs that
		}
	case p.renews:
		if h.epoch > p.epoch || h.first == 1 && b.at > p.expects { // another node has begun the next epoch
			st.queue.drop()
		}
	case b.at <= p.base && h.epoch <= p.epoch: // b precedes the proposal; with a later epoch, the stream has gone back
	case p.lostTo(h):
		st.queue.supersede(&st.transition)
	default:
		st.queue.giveUp(&st.transition, rooms.ErrUnknown)
	}
}

// judgeRenewal counts the new batch b if it is this node's renewal. The proposal may be gone: verify drops it, and the
// stream may have taken it before.
func (st *state) judgeRenewal(b *batch) {
	if st.renewal != 0 && b.head.node == st.node && b.head.number == st.renewal {
		st.renewal = 0
		st.do(action{kind: actRenewed})
	}
}

// afterBatch continues the request by which b came, whether or not b was taken.
func (st *state) afterBatch(b *batch) {
	switch b.source {
	case byRead:
		st.afterReading(b)
	case byAck:
		st.afterTaking(b)
	}
}
