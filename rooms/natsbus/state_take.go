package natsbus

import "plenum/rooms"

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
		st.read.want(&st.transition)
	}
	lost := b.source == byRepublish // batches before it may be
	switch {
	case st.phase != unknown && b.at <= st.last && (h.epoch <= st.epoch || h.first > 1):
		return false // else it begins a later epoch, and the stream has lost the last one
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
	case h.first <= st.seq: // its numbers were given before
		st.contradict()
		return false
	case lost && (h.first > st.seq+1 || b.before > st.last): // in the latter case its numbers may fit by chance
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
		st.endDoubt()
	}
	st.judgeProposal(b)
	st.releaseReached(&st.transition, &st.position)
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
			st.read.again(&st.transition) // whoever is about to follow the room waits for that
		}
	case p.renews:
		if h.epoch > p.epoch || h.first == 1 && b.at > p.expects { // another node has begun the next epoch
			st.queue.drop()
		}
	case b.at <= p.base && h.epoch <= p.epoch: // a later epoch there shows that the stream has gone back
	case p.lostTo(h):
		st.queue.supersede(&st.transition)
	default:
		st.queue.giveUp(&st.transition, rooms.ErrUnknown)
	}
}

// afterBatch goes on behind a batch, whether or not it was taken.
func (st *state) afterBatch(b *batch) {
	switch b.source {
	case byRead:
		st.afterReading(b)
	case byAck:
		st.afterTaking(b)
	}
}
