package natsbus

import (
	"slices"

	"plenum/rooms"
)

// phase is what a node knows of a room's epoch.
type phase uint8

const (
	unknown  phase = iota // nothing
	founding              // this node begins it, and the stream has yet to take that
	known                 // its last message and its last batch
)

// following is the room of this node that gets the batches.
type following uint8

const (
	nobody  following = iota // there is none
	awaited                  // it is to be made
	filling                  // it has yet to get all that the stream keeps
	open                     // members are in it
)

// state is what a node knows of a room and is about to do for it. It does no I/O, and has no
// clock, lock or goroutine: see step.
type state struct {
	// Set at creation.
	node    uint64 // this one
	subject string // that the room's batches are published to
	kept    moment // how long the stream keeps a batch

	numbers uint64 // given out last, to proposals, reads and questions

	// The room's epoch.
	phase     phase
	epoch     rooms.Epoch
	seq       uint64 // of the last message
	last      uint64 // of the last batch, in the stream; 0: there is none
	emptied   bool   // the stream keeps none of the room any more
	bornAt    moment // when the last batch was made, about
	confirmed moment // when last was known to be the last
	checked   moment // when that was asked last
	from      uint64 // the first batch of the epoch that this node has seen, in the stream

	trust     trust
	mark      mark
	following following
	queue     queue
	gap       gap
	read      read
	inquiry   inquiry
	waiters   []waiter

	// Of the step under way.
	now     moment
	wall    int64
	random  uint64
	stream  streamView
	wakes   bool
	actions []action
}

// newState returns what a node knows of a room at first. Numbers are larger than after; no two states
// of a room on a node may give out the same one.
func newState(node uint64, subject string, kept moment, after uint64) state {
	return state{node: node, subject: subject, kept: kept, numbers: after}
}

// step changes the state by an event, and returns the actions that follow, in order. They are valid
// until the next step. It depends on nothing but the state and the event.
func (st *state) step(e *event) []action {
	st.now, st.wall, st.random, st.stream = e.now, e.wall, e.random, e.stream
	st.actions = st.actions[:0]
	switch {
	case e.kind >= evReadBatch && e.kind <= evReadFailed:
		st.onRead(e)
	case e.kind >= evTaken && e.kind <= evRetry:
		st.onVerdict(e)
	default:
		st.handle(e)
	}
	if n := len(st.actions); st.wakes && (n == 0 || st.actions[n-1].kind != actDeliver) {
		st.wakes = false
		st.do(action{kind: actWake})
	}
	return st.actions
}

// handle handles an event that is no answer to a read or a proposal.
func (st *state) handle(e *event) {
	switch e.kind {
	case evPublish:
		st.publish(e)
	case evFollow:
		st.follow()
	case evUnfollow:
		st.following = nobody
		st.wake()
	case evReach:
		st.waiters = append(st.waiters, waiter{since: e.since, done: e.done})
		st.wantRead() // and the tick again, until it is reached
	case evReachLate:
		st.release(func(w *waiter) bool { return w.done == e.done })
	case evBatch:
		if !st.holds(&e.batch) {
			st.take(&e.batch)
		}
	case evDelivered:
		st.took(&e.batch)
		st.afterBatch(&e.batch)
	case evRefused:
		st.miss(e.batch.at)
		st.afterBatch(&e.batch)
	case evAnswer:
		st.onAnswer(e)
	case evSend:
		st.send()
	case evTick:
		st.tick(e.mayCheck)
	case evCheck:
		st.wantRead()
	case evVerify:
		st.verify()
	case evAway:
		st.refuseQueued()
	case evAnew:
		st.beginAnew()
	}
}

func (st *state) do(a action) { st.actions = append(st.actions, a) }

// wake has the sender send what is wanted.
func (st *state) wake() { st.wakes = true }

func (st *state) nextNumber() uint64 {
	st.numbers++
	return st.numbers
}

// followed tells whether a room of this node gets the batches, or is about to.
func (st *state) followed() bool { return st.following != nobody }

// idles tells whether nobody needs the state.
func (st *state) idles() bool {
	return !st.followed() && st.queue.empty() && len(st.waiters) == 0
}

// follow has a new room get all that the stream keeps.
func (st *state) follow() {
	st.following = awaited
	if st.phase != founding {
		st.phase, st.last, st.gap.upTo, st.emptied, st.read.onward = unknown, 0, 0, false, false
		st.verify()
	}
	st.wake()
}

// finishOpening lets members join the follower, which has what is kept.
func (st *state) finishOpening() {
	if st.following == filling {
		st.following = open
		st.do(action{kind: actOpen})
	}
}

// endEpoch has the members of the room be sent away, to come back to its next epoch. A room that is not
// open yet begins with that.
func (st *state) endEpoch() {
	switch st.following {
	case open:
		st.following = nobody
		st.do(action{kind: actEnd})
	case filling:
		st.following = awaited
		st.do(action{kind: actDrop})
	}
}

// enter has the room be in the epoch of h, before it.
func (st *state) enter(h head) {
	st.epoch, st.seq, st.last, st.gap.upTo = h.epoch, h.first-1, 0, 0
	st.phase = known
}

// forget has nothing be known of the room's epoch.
func (st *state) forget() {
	st.phase, st.trust, st.last, st.gap.upTo = unknown, trusted, 0, 0
}

// beginAnew handles that the stream is another than before: all epochs have ended.
func (st *state) beginAnew() {
	if p := st.queue.proposal; p != nil && p.number != 0 {
		st.giveUp(rooms.ErrUnknown)
	}
	st.endEpoch()
	st.forget()
	st.mark = mark{}
	st.verify()
}

// gap is a batch that there is, and that was not delivered yet, if it is behind the last one.
type gap struct {
	upTo  uint64
	since moment // when it was seen
	tries int    // to read it
}

// miss notes that the stream has a batch that was not delivered.
func (st *state) miss(at uint64) {
	g := &st.gap
	if g.upTo <= st.last {
		g.since, g.tries = st.now, 0
	}
	g.upTo = max(g.upTo, at)
}

// misses tells whether the stream has a batch that was not delivered.
func (st *state) misses() bool { return st.gap.upTo > st.last }

// tick does what time brings. mayCheck: the room may be asked whether anything was missed.
func (st *state) tick(mayCheck bool) {
	st.expireProposal()
	st.read.expire(st.now)
	st.expireInquiry()
	switch {
	case st.read.state == wanted:
	case st.misses() && st.now-st.gap.since > behindFor, len(st.waiters) > 0, st.isOpening() && st.phase == unknown:
		st.wantRead()
	case st.followed() && st.now-max(st.confirmed, st.checked) > checkAfter && mayCheck:
		st.checked = st.now
		st.do(action{kind: actChecked})
		st.wantRead()
	}
	st.keepAlive()
	st.advance()
	if st.read.state == wanted || st.inquiry.state == wanted || st.maySend() {
		st.wake()
	}
}

// isOpening tells whether Follow waits.
func (st *state) isOpening() bool { return st.following == awaited || st.following == filling }

// waiter waits until a room has reached a position.
type waiter struct {
	since rooms.Since
	done  chan struct{}
	asked bool // the stream's leader was asked about the room since it has come
}

// release lets those waiters go on that are met.
func (st *state) release(met func(w *waiter) bool) {
	st.waiters = slices.DeleteFunc(st.waiters, func(w waiter) bool {
		if !met(&w) {
			return false
		}
		st.do(action{kind: actReached, done: w.done})
		return true
	})
}

// releaseReached lets those go on that wait for what the room has reached.
func (st *state) releaseReached() {
	if len(st.waiters) > 0 && st.phase != unknown {
		epoch := st.epoch.String()
		st.release(func(w *waiter) bool { return w.since.Seq <= st.seq || w.since.Epoch != epoch })
	}
}
