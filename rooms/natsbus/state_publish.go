package natsbus

import "plenum/rooms"

// publish has a message wait for its turn.
func (st *state) publish(e *event) {
	if !st.queue.add(e.body, e.receipt, min(mostBatch, e.most)) {
		st.do(action{kind: actTell, receipt: e.receipt, err: rooms.ErrCrowded})
		return
	}
	st.advance()
}

// advance has the sender send the next proposal, or find out what it is to follow.
func (st *state) advance() {
	st.queue.next(st.now)
	p := st.queue.proposal
	switch {
	case p == nil || p.state == sent:
	case st.phase == unknown && !p.renews:
		st.wantRead()
	default:
		st.wake()
	}
}

// keepAlive proposes a batch of no messages if the stream is about to drop the last one, so that the
// stream keeps the room's position. It also shows others that the room has lost nothing.
func (st *state) keepAlive() {
	late := st.now-st.bornAt > st.kept/4
	hasRoom := st.following == filling || st.following == open
	if hasRoom && st.phase != unknown && st.trust == trusted && st.queue.proposal == nil && (late || st.stream.mayHaveLost(st.last)) {
		st.queue.proposal = newProposal(0)
	}
}

// send sends what is wanted.
func (st *state) send() {
	if st.read.state == wanted {
		st.sendRead()
	}
	if st.inquiry.state == wanted {
		st.sendInquiry()
	}
	if st.maySend() {
		st.sendProposal()
	}
}

// maySend tells whether the proposal is to be sent now.
func (st *state) maySend() bool {
	p := st.queue.proposal
	return p != nil && p.state != sent && st.now >= p.retry && (p.renews || st.phase != unknown && st.trust == trusted && !st.misses())
}

// sendProposal sends the proposal, behind the last batch.
func (st *state) sendProposal() {
	p := st.queue.proposal
	if p.state == queued {
		p.number, p.tries = st.nextNumber(), 0
		p.epoch, p.first, p.base, p.expects, p.born = st.epoch, st.seq+1, st.last, st.last, st.wall
		if st.emptied {
			p.expects = 0
		}
	}
	if p.began == 0 {
		p.began = st.now
	}
	p.state, p.at = sent, st.now
	p.tries++
	p.head(st.node).put(p.data)
	st.do(action{kind: actPublish, number: p.number, data: p.data, expects: p.expects})
}

// onVerdict handles what the stream says of the proposal.
func (st *state) onVerdict(e *event) {
	p := st.queue.proposal
	if p == nil || p.number != e.number {
		return
	}
	p.state = fixed
	switch e.kind {
	case evTaken:
		st.onTaken(e.at)
		return // afterBatch goes on
	case evConflict:
		st.conflict(e)
	default:
		p.retry = st.now + retryAfter // the tick looks again
	}
	st.advance()
}

// onTaken handles that the stream has the proposal as number at.
func (st *state) onTaken(at uint64) {
	p := st.queue.proposal
	b := batch{at: at, head: p.head(st.node), source: byTaking}
	if !p.renews {
		b.messages = p.data[headSize:]
		if st.phase == unknown || st.trust != trusted || p.epoch != st.epoch || p.first != st.seq+1 || st.misses() {
			st.afterBatch(&b)
			return
		}
	}
	st.take(&b)
}

// afterTaking handles that the stream has the proposal as b, whether or not b could be delivered: what is
// before it may have yet to be read.
func (st *state) afterTaking(b *batch) {
	if p := st.queue.proposal; p.is(b.head, st.node) && !p.renews {
		if st.phase != unknown && p.epoch == st.epoch {
			st.note(b.at, b.head)
		}
		st.finish()
		st.miss(b.at)
		st.wantRead()
	}
	st.advance()
}

// finish handles that the stream has the proposal.
func (st *state) finish() {
	p := st.queue.proposal
	st.queue.proposal = nil
	st.do(action{kind: actTell, receipts: p.receipts, epoch: p.epoch, first: p.first})
	if st.phase == founding {
		st.phase = known
		st.finishOpening()
	}
}

// giveUp tells those who speak in the proposal why nothing more is tried.
func (st *state) giveUp(err error) {
	p := st.queue.proposal
	st.queue.proposal = nil
	if p.count > 0 {
		st.do(action{kind: actTell, receipts: p.receipts, err: err})
	}
}

// superseded notes that it is certain that the stream has not taken the proposal.
func (st *state) superseded() {
	st.do(action{kind: actSuperseded})
	p := st.queue.proposal
	p.number, p.state = 0, queued
	if p.count == 0 {
		st.queue.proposal = nil // the room goes on without it
	}
}

// conflict finds out why the room's last batch is not the one that the proposal was to follow: it is
// another, or the proposal itself, by a try whose answer is not here yet; or there is none.
func (st *state) conflict(e *event) {
	p := st.queue.proposal
	switch {
	case p.renews: // another batch came before it: the leader tells which
		st.queue.proposal = nil
		st.wantInquiry()
	case st.phase == founding:
		st.phase = unknown
		st.wantRead()
	case e.told && e.at == 0 && !st.emptied && st.isSure():
		st.superseded()
		st.emptied, st.mark.at = true, 0 // for its age
	case e.told && e.at < st.last: // the stream was emptied, or has lost some of what it had
		if p.tries > 1 {
			p.retry = st.now + retryAfter // an earlier try may have been taken and be lost again
		} else {
			st.superseded()
		}
		st.emptied = false
		st.mark.at = max(st.mark.at, st.last)
		st.contradict()
	default:
		st.emptied = false
		st.miss(max(e.at, st.last+1))
		if !e.subscribed || !e.told {
			st.wantRead() // else it is on its way
		}
	}
}

// isSure tells whether nothing can have come behind the last batch and be gone again: it was
// the last since this connection began, and not long ago.
func (st *state) isSure() bool {
	return st.confirmed > st.stream.joined && st.now-st.confirmed < st.kept
}

// refuseQueued refuses what the stream has certainly not taken: the bus is away.
func (st *state) refuseQueued() {
	had := st.queue.proposal
	for _, p := range st.queue.removeQueued() {
		if p.count > 0 {
			st.do(action{kind: actTell, receipts: p.receipts, err: rooms.ErrBus})
		}
	}
	if had != nil && st.queue.proposal == nil && st.phase == founding {
		st.phase = unknown
	}
}

// expireProposal gives a proposal up that is on its way for too long, and has one that was not answered
// be sent again.
func (st *state) expireProposal() {
	p := st.queue.proposal
	switch {
	case p == nil:
	case p.began != 0 && st.now-p.began > mostFlight:
		if p.state == queued {
			st.giveUp(rooms.ErrCrowded)
		} else {
			st.giveUp(rooms.ErrUnknown)
		}
		if st.phase == founding {
			st.phase = unknown
		}
	case p.state == sent && st.now-p.at > ackTimeout:
		p.state = fixed
	}
}
