package natsbus

import "plenum/rooms"

// actionKind is the kind of an action. Its comment names the fields of action that it uses.
type actionKind uint8

const (
	// For the rooms of this node.
	actBegin   actionKind = iota // create the follower, for epoch
	actDeliver                   // deliver batch to the follower, then step with evDelivered or evRefused; always the last action
	actOpen                      // the follower has the whole history: Follow returns
	actEnd                       // the follower's epoch has ended: close its members
	actDrop                      // the follower's epoch has ended before it was open: discard it
	actReceipt                   // call receipts, or receipt, with epoch and the numbers from first on, or with err
	actReached                   // close done: the position is reached, or the wait is over

	// For the brokers.
	actWake    // add the subject to the sender's queue
	actRead    // send request to the stream, as number
	actAsk     // send request to the stream's leader, as number
	actPublish // publish data, as number, on condition that it follows expects; if asks, with an acknowledgement

	// For the counters.
	actChecked    // a periodic check has begun; it counts against the node's rate
	actSuperseded // another batch took the proposal's position
	actRenewed    // this node has begun the room's next epoch
)

// action is a task for a subject: the state decides it, the subject carries it out.
type action struct {
	kind     actionKind
	number   uint64
	epoch    rooms.Epoch
	first    uint64
	batch    batch
	request  readRequest
	data     []byte // valid until the next evSend
	expects  uint64
	asks     bool
	receipts []rooms.Receipt
	receipt  rooms.Receipt
	err      error
	done     chan struct{}
}

// transition is the step under way: its time, its random number and the actions so far.
type transition struct {
	now        moment
	wall       int64 // Unix milliseconds
	random     uint64
	stream     streamView
	wakeSender bool
	actions    []action
}

// begin starts the transition of e.
func (t *transition) begin(e *event) {
	t.now, t.wall, t.random, t.stream = e.now, e.wall, e.random, e.stream
	t.actions = t.actions[:0]
}

// end returns the actions of the step. actWake comes last. If a batch is to be delivered, actWake waits for
// the step after that.
func (t *transition) end() []action {
	if n := len(t.actions); t.wakeSender && (n == 0 || t.actions[n-1].kind != actDeliver) {
		t.wakeSender = false
		t.do(action{kind: actWake})
	}
	return t.actions
}

func (t *transition) do(a action) { t.actions = append(t.actions, a) }

// wake adds actWake at the end of the step.
func (t *transition) wake() { t.wakeSender = true }

// reply calls receipts with err, if there are any receipts.
func (t *transition) reply(receipts []rooms.Receipt, err error) {
	if len(receipts) > 0 {
		t.do(action{kind: actReceipt, receipts: receipts, err: err})
	}
}
