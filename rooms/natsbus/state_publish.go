package natsbus

import (
	"time"

	"plenum/rooms"
)

// publish adds a message to the queue. If the queue is full, it refuses the message with rooms.ErrBacklog.
func (st *state) publish(e *event) {
	if !st.queue.add(e.body, e.receipt, min(maxBatch, e.maxMessage)) {
		st.do(action{kind: actReceipt, receipt: e.receipt, err: rooms.ErrBacklog})
		return
	}
	st.advance()
}

// advance makes the sender send the next proposal, or first read the batch that it has to follow.
func (st *state) advance() {
	st.queue.next(st.now)
	p := st.queue.proposal
	switch {
	case p == nil || p.state == sent:
	case st.phase == unknown && !p.renews:
		st.read.want(&st.transition)
	default:
		st.wake()
	}
}

// youngest is the least age of a batch that keepAlive follows because of the stream's bytes. It bounds the rate if a stream is
// full of batches without messages: if it keeps few per room, each new one replaces another, so half of them are always old.
const youngest = 5 * time.Second

// keepAlive proposes a batch without messages when the room's last batch has reached a quarter of the age at
// which the stream drops it, or is in the older half of a full stream. So the stream has a batch of a room
// with members, and the epoch goes on. After a rollback keepAlive proposes one at the next tick: a batch after the
// rollback shows other nodes that the room has lost nothing.
func (st *state) keepAlive() {
	age := st.now - st.bornAt
	late := age > st.kept/4 || age > youngest && st.last <= st.stream.soon
	if st.hasRoom() && st.phase != unknown && st.trust == trusted && st.queue.proposal == nil && (late || st.stream.mayHaveLost(st.last)) {
		st.queue.proposal = newProposal(0)
	}
}

// send sends the wanted requests: a read, an inquiry and the proposal. subscribed means that this node receives the
// room's republished batches.
func (st *state) send(subscribed bool) {
	if st.read.state == wanted {
		onlyLast := st.phase == unknown && !st.followed() && !st.queue.inFlight()
		request := st.read.begin(st.nextNumber(), st.now, st.subject, &st.position, st.mark, onlyLast)
		st.do(action{kind: actRead, number: st.read.number, request: request})
	}
	if st.inquiry.state == wanted {
		st.noteAsked(st.inquiry.about == aboutLast)
		request := st.inquiry.begin(st.nextNumber(), st.now, st.subject, st.mark)
		st.do(action{kind: actAsk, number: st.inquiry.number, request: request})
	}
	if st.maySend() {
		st.sendProposal(subscribed)
	}
}

// maySend reports whether the proposal is to be sent now.
func (st *state) maySend() bool {
	p := st.queue.proposal
	return p != nil && p.state != sent && st.now >= p.retry && (p.renews || st.phase != unknown && st.trust == trusted && !st.misses())
}

// sendProposal sends the proposal. If its position is not fixed yet, it follows the last batch. The proposal asks for an
// acknowledgement if no copy will arrive, and if it was sent before. It also asks if the stream may not have the batch
// that it is to follow, because no copy would show that the stream has refused it.
func (st *state) sendProposal(subscribed bool) {
	p := st.queue.proposal
	if p.state == queued {
		p.fix(st.nextNumber(), &st.position, st.wall)
	}
	if p.began == 0 {
		p.began = st.now
	}
	p.asks = !subscribed || !st.followed() || p.tries > 0 || p.renews || p.expects == 0 || !st.isConfirmed()
	p.state, p.at = sent, st.now
	p.tries++
	p.head(st.node).put(p.data)
	st.do(action{kind: actPublish, number: p.number, data: p.data, expects: p.expects, asks: p.asks})
}

// onProposalAnswer handles the stream's answer to the proposal.
func (st *state) onProposalAnswer(e *event) {
	p := st.queue.proposal
	if p == nil || p.number != e.number {
		return
	}
	p.state = fixed
	switch e.kind {
	case evTaken:
		st.onTaken(e.at)
		return // afterBatch continues
	case evConflict:
		st.conflict(e)
	default:
		p.retry = st.now + retryAfter // the tick retries
	}
	st.advance()
}

// onTaken handles that the stream has taken the proposal, with the sequence number at.
func (st *state) onTaken(at uint64) {
	p := st.queue.proposal
	b := batch{at: at, head: p.head(st.node), source: byAck}
	if !p.renews {
		b.messages = p.data[headSize:]
		if st.phase == unknown || st.trust != trusted || p.epoch != st.epoch || p.first != st.seq+1 || st.misses() {
			st.afterBatch(&b)
			return
		}
	}
	st.take(&b)
}

// afterTaking handles that the stream has taken the proposal as b. If b could not be delivered because batches
// before it are missing, those are read first.
func (st *state) afterTaking(b *batch) {
	if p := st.queue.proposal; p.is(b.head, st.node) && !p.renews {
		if st.phase != unknown && p.epoch == st.epoch {
			st.note(b.at, b.head)
		}
		st.finish()
		st.miss(b.at, st.now)
		st.read.want(&st.transition)
	}
	st.advance()
}

// finish removes the proposal, which the stream has taken, and calls its receipts.
func (st *state) finish() {
	p := st.queue.drop()
	st.do(action{kind: actReceipt, receipts: p.receipts, epoch: p.epoch, first: p.first})
	if st.phase == founding {
		st.phase = known
		st.finishOpening(&st.transition)
	}
}

// conflict handles that the room's last batch is not the one that the proposal was to follow. It may be another
// batch, or the proposal itself, from an earlier try without an answer. Or the stream has no batch of the room.
func (st *state) conflict(e *event) {
	p := st.queue.proposal
	switch {
	case p.renews: // another batch was first: ask the leader
		st.queue.drop()
		st.inquiry.want(&st.transition)
	case st.phase == founding:
		st.phase = unknown
		st.read.want(&st.transition)
	case e.atKnown && e.at == 0 && !st.emptied && st.isConfirmed() && st.stream.soon == 0:
		st.queue.supersede(&st.transition)
		st.emptied, st.mark.at = true, 0 // the stream has dropped the mark
	case e.atKnown && e.at < st.last: // the stream was emptied, or has lost batches
		if p.tries > 1 {
			p.retry = st.now + retryAfter // an earlier try may have been taken and lost again
		} else {
			st.queue.supersede(&st.transition)
		}
		st.emptied = false
		st.mark.at = max(st.mark.at, st.last)
		st.trust = contradicted
		st.suspect()
	default:
		st.emptied = false
		st.miss(max(e.at, st.last+1), st.now)
		if !e.subscribed || !e.atKnown || p.tries > 1 {
			st.read.want(&st.transition) // otherwise the batch is about to arrive; before another try it was late already
		}
	}
}

// stopFounding makes the room's epoch unknown if the proposal that was to begin it was given up.
func (st *state) stopFounding() {
	if st.phase == founding && st.queue.proposal == nil {
		st.phase = unknown
	}
}
