package natsbus

import "plenum/rooms"

// eventKind is what happened to a room.
type eventKind uint8

const (
	noEvent eventKind = iota

	// From the rooms of this node.
	evPublish      // a message is to be published: body, receipt, most
	evFollow       // a room is to be made that follows: awaited
	evUnfollow     // the follower is gone, or nobody waits for it any more
	evReach        // somebody waits for a position: since, done
	evReachTimeout // and does not any more: done
	evDelivered    // the follower has taken batch
	evRefused      // it has not: its members are too far behind

	// From the stream. number is that of the proposal, the read or the inquiry that is answered.
	evBatch      // it has taken batch, and sends it on
	evReadBatch  // an answer to the read: batch
	evReadEnd    // there is nothing behind that
	evReadMore   // there is more behind that
	evReadBroken // an answer that is no batch
	evReadFailed // the read was not sent, or not answered by a stream
	evTaken      // it has taken the proposal, as number at
	evConflict   // it has not, for the room's last batch is at, or unknown if not told
	evRetry      // it has not, for a reason that passes
	evAnswer     // the leader's answer

	// From the node.
	evSend           // the sender can send: what is wanted goes out
	evTick           // time has passed: mayCheck
	evCheck          // something may have been missed
	evVerify         // the stream may have gone back
	evBusAway        // the bus is away
	evStreamReplaced // the stream is another than before
)

// event is something that happened to a room, with the time when it did. Its byte slices are valid
// during the step alone, but for the body of a batch that is delivered by one of its actions.
type event struct {
	kind   eventKind
	now    moment
	wall   int64  // Unix milliseconds
	random uint64 // for a new epoch; set in evRead… and evAnswer
	number uint64
	batch  batch
	answer leaderAnswer
	stream streamView // set in evRead…, evConflict, evAnswer and evTick

	at         uint64
	atKnown    bool
	subscribed bool // evConflict: batches come to this node

	body       []byte
	receipt    rooms.Receipt
	maxMessage int // evPublish: bytes of a message that the brokers take

	since    rooms.Since
	done     chan struct{}
	mayCheck bool // evTick: a periodic check is within the node's rate
}

// batch is a batch that the stream has, and how it came.
type batch struct {
	at       uint64 // its sequence number in the stream
	before   uint64 // that of the room's batch before it; 0: unknown
	head     head
	messages []byte
	source   source
	single   bool // byRead: the broker answers with one batch per read
}

// source is how this node has learned of a batch.
type source uint8

const (
	byRepublish source = iota // the stream has sent it on; others before it may be lost
	byRead                    // it was read behind the last one, and nothing kept is between them
	byAck                     // it is this node's proposal, which the stream has just taken
)

// streamView is what the node knows of the stream and of its connection.
type streamView struct {
	joined         moment // when the connection was ready
	rollbackSeenAt uint64 // as progress.back
	watchedFrom    uint64 // as progress.vouched
}

// mayHaveLost tells whether a room whose last batch is number last may have lost messages.
func (v streamView) mayHaveLost(last uint64) bool { return last != 0 && last <= v.rollbackSeenAt }
