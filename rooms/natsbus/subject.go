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

// subject is a room on this node: its state, its follower and its subscription. It makes the state's events,
// and carries the actions out. Everything for the brokers is sent by the bus's sender, so no holder of mu waits
// for the network.
type subject struct {
	// Set at creation.
	bus    *Bus
	room   string
	token  string
	stream *stream
	id     uint64

	// Guarded by Bus.mu.
	users int    // callers of registry.acquire that have not called release
	idle  moment // time since which it is not needed; 0: it is needed

	// Guarded by sender.mu.
	toSend bool // it is in sender.list

	mu sync.Mutex

	state    state
	begin    func(epoch rooms.Epoch) *rooms.Room // creates the follower; set while the state is awaited or filling
	opened   chan struct{}                       // closed when the follower has the whole history; set like begin
	follower *rooms.Room                         // set while the state is filling or open
	sub      *nats.Subscription                  // for the follower; changed only by the sender
	presence presence
}

func newSubject(b *Bus, room string, id uint64) *subject {
	room = strings.Clone(room)
	s := &subject{bus: b, room: room, token: token(room), stream: b.streamOf(room), id: id}
	// A subject's numbers begin with the nanosecond of its creation. An earlier subject of the room on this node
	// has used fewer than one number per nanosecond. So the new numbers are larger.
	s.state = newState(b.node, s.stream.in+s.token, b.cfg.kept(), uint64(b.now()))
	return s
}

// outcome is the work that follows from steps and has to wait until mu is free. It writes to the members of a small room,
// calls receipts, and ends a follower.
type outcome struct {
	flush   rooms.InlineFlush
	first   receiptCall
	more    []receiptCall // usually empty
	ended   *rooms.Room
	checked bool // a periodic check has begun
}

// receiptCall is a call of the receipts of one batch, or of the receipt of a message that was not queued.
type receiptCall struct {
	receipts []rooms.Receipt
	receipt  rooms.Receipt
	epoch    rooms.Epoch
	first    uint64
	err      error
}

// add adds the call of receipts.
func (o *outcome) add(t receiptCall) {
	if o.first.isZero() {
		o.first = t
		return
	}
	o.more = append(o.more, t)
}

// finish writes to the members, calls the receipts, and ends the follower. No lock is held.
func (o *outcome) finish() {
	o.flush.Run()
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

// endCode is the close code for members of a room whose epoch has ended.
const endCode = 1012

// endReason returns the close reason for one of them. It contains a random delay before the client may reconnect.
func endReason() string { return fmt.Sprintf("Restarting; retry in %d ms", 500+rand.IntN(1500)) }

// handle steps the state by an event, carries out the actions, releases mu and finishes the outcome.
func (s *subject) handle(e *event) {
	var after outcome
	s.mu.Lock()
	s.step(e, &after)
	s.mu.Unlock()
	after.finish()
}

// step steps the state by an event that happens now, and carries out the actions. mu is held.
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

// clock sets the time of e to now. mu is held, so the times of a subject's events never decrease.
func (s *subject) clock(e *event) {
	now := time.Now()
	e.now, e.wall = now.Sub(s.bus.began)+1, now.UnixMilli()
}

// carryOut carries out an action. If the action has a result for the state, it makes e the event with that
// result. mu is held.
func (s *subject) carryOut(a *action, e *event, after *outcome) {
	counters := &s.bus.counters
	switch a.kind {
	case actBegin:
		s.follower = s.begin(a.epoch)
		s.span()
	case actDeliver:
		e.kind, e.batch = s.deliver(&a.batch, e.alone, after), a.batch
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

// deliver delivers a batch to the follower. It returns evDelivered or evRefused. If the batch is alone, the goroutine
// that has received it writes it to the members of a small room. mu is held.
func (s *subject) deliver(b *batch, alone bool, after *outcome) eventKind {
	to := rooms.Batch{First: b.head.first, Published: b.head.born, Bodies: bodies(b.messages)}
	var err error
	if alone {
		after.flush, err = s.follower.DeliverInline(to)
	} else {
		err = s.follower.Deliver(to)
	}
	if err != nil {
		return evRefused
	}
	return evDelivered
}

// hasUnanswered reports whether any batch waits to be sent, or for the stream's answer.
func (s *subject) hasUnanswered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.state.queue.empty()
}

// on handles an event without arguments.
func (s *subject) on(kind eventKind) { s.handle(&event{kind: kind}) }

// onIn is like on, but ignores the event if the room belongs to another stream than of.
func (s *subject) onIn(of *stream, kind eventKind) {
	if s.stream == of {
		s.on(kind)
	}
}

// verify is called when the bus has returned, and after the process stood still. It reads missed batches, and
// exchanges reports of members.
func (s *subject) verify() {
	s.mu.Lock()
	s.presence.wantsReports = true
	s.mu.Unlock()
	s.on(evVerify)
}
