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
	actTell                      // tell receipts, or receipt, what became of their messages: epoch and first, or err
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
