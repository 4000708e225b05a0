package natsbus

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"plenum/rooms"
)

// subject is a room on this node: a state, the room that follows it and the subscription. It makes
// the state's events, and carries its actions out. What is to be sent to the brokers, the bus's sender
// sends: whoever holds mu never waits for the network.
type subject struct {
	// Set at creation.
	bus   *Bus
	room  string
	token string
	id    uint64

	// Guarded by Bus.mu.
	users int    // of those that found it to use it
	idle  moment // since when nobody has needed it; 0: somebody does

	// Guarded by sender.mu.
	toSend bool // it is in the sender's list

	mu sync.Mutex

	state    state
	begin    func(epoch rooms.Epoch) *rooms.Room // makes the follower; nil if the state is not awaited or filling
	opened   chan struct{}                       // closed when the follower has what is kept; nil with begin
	follower *rooms.Room                         // nil if the state is not filling or open
	sub      *nats.Subscription                  // of the follower's; changed by the sender alone
	presence presence
}

func newSubject(b *Bus, room string, id uint64) *subject {
	room = strings.Clone(room)
	s := &subject{bus: b, room: room, token: token(room), id: id}
	// The numbers of a subject begin with the nanosecond of its making. So they are larger than those of a
	// subject that the room had on this node before, which has used fewer than one per nanosecond.
	s.state = newState(b.node, inPrefix+s.token, b.cfg.kept(), uint64(b.now()))
	return s
}

// outcome is what is to be done once mu is free.
type outcome struct {
	first   receiptCall
	more    []receiptCall // rarely any
	ended   *rooms.Room
	checked bool // a periodic check was begun
}

// told is what became of a batch of messages, or of one that was not queued.
type receiptCall struct {
	receipts []rooms.Receipt
	receipt  rooms.Receipt
	epoch    rooms.Epoch
	first    uint64
	err      error
}

// tell has speakers be told what became of their messages.
func (o *outcome) add(t receiptCall) {
	if o.first.isZero() {
		o.first = t
		return
	}
	o.more = append(o.more, t)
}

// settle tells speakers what became of their messages, and ends a room.
func (o *outcome) finish() {
	o.first.call()
	for _, t := range o.more {
		t.call()
	}
	if o.ended != nil {
		o.ended.End(endCode, endReason)
	}
}

func (t *receiptCall) isZero() bool { return t.receipt == nil && t.receipts == nil }

func (t *receiptCall) call() {
	if t.receipt != nil {
		t.receipt.Published(0, 0, t.err)
	}
	for i, to := range t.receipts {
		switch {
		case to == nil:
		case t.err != nil:
			to.Published(0, 0, t.err)
		default:
			to.Published(t.epoch, t.first+uint64(i), nil)
		}
	}
}

// endCode is what members are closed with whose room's epoch has ended.
const endCode = 1012

// endReason tells one of them when to come back.
func endReason() string { return fmt.Sprintf("Restarting; retry in %d ms", 500+rand.IntN(1500)) }

// happen has the state step on by an event, carries its actions out, and then does what is to
// be done with mu free.
func (s *subject) handle(e *event) {
	var after outcome
	s.mu.Lock()
	s.step(e, &after)
	s.mu.Unlock()
	after.finish()
}

// step has the state step on by an event that happens now, and carries its actions out. mu is held.
func (s *subject) step(e *event, after *outcome) {
	s.clock(e)
	for e.kind != noEvent {
		actions := s.state.step(e)
		e.kind = noEvent
		for i := range actions {
			s.carryOut(&actions[i], e, after)
		}
		clear(actions)
	}
}

// clock has an event happen now. mu is held, so that time does not go back.
func (s *subject) clock(e *event) {
	now := time.Now()
	e.now, e.wall = now.Sub(s.bus.began)+1, now.UnixMilli()
}

// carryOut carries an action out. If the state is to know what became of it, e is that. mu is held.
func (s *subject) carryOut(a *action, e *event, after *outcome) {
	counters := &s.bus.counters
	switch a.kind {
	case actBegin:
		s.follower = s.begin(a.epoch)
		s.span()
	case actDeliver:
		e.kind, e.batch = deliver(s.follower, &a.batch), a.batch
	case actOpen:
		close(s.opened)
		s.begin, s.opened = nil, nil
	case actEnd:
		after.ended, s.follower = s.follower, nil
		counters[Ended].Add(1)
	case actDrop:
		s.follower = nil
	case actReceipt:
		counters.countReceipts(a)
		after.add(receiptCall{a.receipts, a.receipt, a.epoch, a.first, a.err})
	case actReached:
		close(a.done)
	case actWake:
		s.bus.sends.push(s)
	case actChecked:
		after.checked = true
	case actSuperseded:
		counters[Conflicts].Add(1)
	case actRenewed:
		s.bus.renewedOne(s.room)
	}
}

// deliver delivers a batch to the follower, and returns what became of that.
func deliver(follower *rooms.Room, b *batch) eventKind {
	if follower.Deliver(rooms.Batch{First: b.head.first, Published: b.head.born, Bodies: bodies(b.messages)}) != nil {
		return evRefused
	}
	return evDelivered
}

// hasProposal tells whether anything is to be published.
func (s *subject) hasProposal() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.state.queue.empty()
}

// on has the state step on by an event without arguments.
func (s *subject) on(kind eventKind) { s.handle(&event{kind: kind}) }

// verify is for a bus that is back, and for a process that stood still: what was missed is read, and who
// is here told.
func (s *subject) verify() {
	s.mu.Lock()
	s.presence.wantsReports = true
	s.mu.Unlock()
	s.on(evVerify)
}
