package natsbus

import "plenum/rooms"

// actionKind is what a subject has to do.
type actionKind uint8

const (
	// For the rooms of this node.
	actBegin   actionKind = iota // make the follower of epoch
	actDeliver                   // deliver batch to it, and step on with evDelivered or evRefused; the last action of its step
	actOpen                      // the follower has what is kept: Follow returns
	actEnd                       // the follower's epoch has ended: its members are sent away
	actDrop                      // it has ended before it was open
	actReceipt                   // tell receipts, or receipt, what became of their messages: epoch and first, or err
	actReached                   // close done: a position is reached, or nobody can wait for it

	// For the brokers.
	actWake    // let the sender send
	actRead    // ask the stream: number, request
	actAsk     // ask the stream's leader: number, request
	actPublish // publish data as number, on condition that it follows expects

	// For the counters.
	actChecked    // a periodic check counts against the node's rate
	actSuperseded // another batch took the proposal's place
	actRenewed    // this node has begun the room's next epoch
)

// action is something that a subject has to do.
type action struct {
	kind     actionKind
	number   uint64
	epoch    rooms.Epoch
	first    uint64
	batch    batch
	request  readRequest
	data     []byte // valid until the next evSend
	expects  uint64
	receipts []rooms.Receipt
	receipt  rooms.Receipt
	err      error
	done     chan struct{}
}

// turn is the step under way: when it is, and what follows from it.
type transition struct {
	now        moment
	wall       int64 // Unix milliseconds
	random     uint64
	stream     streamView
	wakeSender bool
	actions    []action
}

// begin begins a step.
func (t *transition) begin(e *event) {
	t.now, t.wall, t.random, t.stream = e.now, e.wall, e.random, e.stream
	t.actions = t.actions[:0]
}

// end returns the actions of the step. Waking the sender comes last; while a batch is delivered, it waits.
func (t *transition) end() []action {
	if n := len(t.actions); t.wakeSender && (n == 0 || t.actions[n-1].kind != actDeliver) {
		t.wakeSender = false
		t.do(action{kind: actWake})
	}
	return t.actions
}

func (t *transition) do(a action) { t.actions = append(t.actions, a) }

// wake has the sender send what is wanted.
func (t *transition) wake() { t.wakeSender = true }

// tell has speakers be told what became of their messages, if there are any.
func (t *transition) reply(receipts []rooms.Receipt, err error) {
	if len(receipts) > 0 {
		t.do(action{kind: actReceipt, receipts: receipts, err: err})
	}
}
