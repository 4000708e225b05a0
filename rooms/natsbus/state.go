package natsbus

import "plenum/rooms"

// state has a node's knowledge of a room, and the work to be done for it. It does no I/O, and has no clock,
// lock or goroutine. It changes only in step. Each part owns its fields. A method that needs several parts is a
// method of state.
type state struct {
	// Set at creation.
	node    uint64 // this node
	subject string // for publishing the room's batches
	kept    moment // time for which the stream keeps a batch

	numbers uint64 // last assigned number of a proposal, read or inquiry
	renewal uint64 // number of the last renewal; 0: none, or it was counted

	position
	proof
	audience
	queue   queue
	read    read
	inquiry inquiry
	transition
}

// newState returns the initial state of a room. The numbers of its proposals, reads and inquiries are larger
// than after. Two states of a room on one node must not assign the same number.
func newState(node uint64, subject string, kept moment, after uint64) state {
	return state{node: node, subject: subject, kept: kept, numbers: after}
}

// step changes the state by an event, and returns the resulting actions in order. They are valid until the next
// step. The result depends only on the state and the event.
func (st *state) step(e *event) []action {
	st.begin(e)
	switch {
	case e.kind >= evReadBatch && e.kind <= evReadFailed:
		st.onRead(e)
	case e.kind >= evTaken && e.kind <= evRetry:
		st.onProposalAnswer(e)
	default:
		st.handle(e)
	}
	return st.end()
}

// handle handles an event that is not an answer to a read or a proposal.
func (st *state) handle(e *event) {
	switch e.kind {
	case evPublish:
		st.publish(e)
	case evFollow:
		st.follow()
	case evUnfollow:
		st.following = noFollower
		st.queue.ask()
		st.wake()
	case evReach:
		st.waiters = append(st.waiters, waiter{since: e.since, done: e.done})
		st.read.want(&st.transition) // the tick repeats this until the position is reached
	case evReachTimeout:
		st.release(&st.transition, func(w *waiter) bool { return w.done == e.done })
	case evBatch:
		if !st.mustSkip(&e.batch) {
			st.take(&e.batch)
		}
	case evDelivered:
		st.took(&e.batch)
		st.afterBatch(&e.batch)
	case evRefused:
		st.miss(e.batch.at, st.now)
		st.afterBatch(&e.batch)
	case evAnswer:
		st.onAnswer(e)
	case evSend:
		st.send(e.subscribed)
	case evTick:
		st.tick(e.mayCheck)
	case evCheck:
		st.read.want(&st.transition)
	case evVerify:
		st.verify()
	case evBusAway:
		st.queue.refuse(&st.transition)
		st.stopFounding()
	case evStreamReplaced:
		st.onStreamReplaced()
	}
}

func (st *state) nextNumber() uint64 {
	st.numbers++
	return st.numbers
}

// isIdle reports whether the state can be dropped: no follower, nothing to publish, no waiters.
func (st *state) isIdle() bool {
	return !st.followed() && st.queue.empty() && len(st.waiters) == 0
}

// follow makes the state await a new follower, which will receive all batches that the stream has.
func (st *state) follow() {
	st.following = awaited
	if st.phase != founding {
		st.phase, st.last, st.missing.upTo, st.emptied, st.read.onward = unknown, 0, 0, false, false
		st.verify()
	}
	st.wake()
}

// onStreamReplaced handles that the stream was created again: all epochs have ended.
func (st *state) onStreamReplaced() {
	if st.queue.inFlight() {
		st.queue.giveUp(&st.transition, rooms.ErrUnknown)
	}
	st.endEpoch(&st.transition)
	st.forget()
	st.proof = proof{}
	st.verify()
}

// tick does the periodic work: timeouts, retries, checks and keep-alives. mayCheck allows a periodic check for
// missed batches.
func (st *state) tick(mayCheck bool) {
	st.queue.expire(&st.transition)
	st.stopFounding()
	st.read.expire(st.now)
	st.inquiry.expire(&st.transition)
	if st.trust != trusted && st.inquiry.state == idle && st.read.state != underWay && !st.queue.renews() {
		st.read.want(&st.transition)
	}
	switch {
	case st.read.state == wanted:
	case st.misses() && st.now-st.missing.since > missingFor, len(st.waiters) > 0, st.isOpening() && st.phase == unknown:
		st.read.want(&st.transition)
	case st.followed() && st.now-max(st.confirmed, st.checked) > checkAfter && mayCheck:
		st.checked = st.now
		st.do(action{kind: actChecked})
		st.read.want(&st.transition)
	}
	st.keepAlive()
	st.advance()
	if st.read.state == wanted || st.inquiry.state == wanted || st.maySend() {
		st.wake()
	}
}
