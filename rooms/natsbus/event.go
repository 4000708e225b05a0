package natsbus

import "plenum/rooms"

// eventKind is the kind of an event. Its comment names the fields of event that it uses.
type eventKind uint8

const (
	noEvent eventKind = iota

	// From the rooms of this node.
	evPublish      // Publish: body, receipt, maxMessage
	evFollow       // Follow waits for a follower of the room
	evUnfollow     // the follower is gone, or Follow has stopped waiting
	evReach        // a resuming member waits for its position: since, done
	evReachTimeout // it has stopped waiting: done
	evDelivered    // the follower has taken batch
	evRefused      // the follower has refused batch: its members are too far behind

	// From the stream. number is the number of the answered proposal, read or inquiry.
	evBatch      // the stream has taken batch, and republishes it
	evReadBatch  // an answer to the read: batch
	evReadEnd    // the read has ended: nothing is after its last answer
	evReadMore   // the read has ended: there is more after its last answer
	evReadBroken // an answer to the read that cannot be decoded
	evReadFailed // the read could not be sent, or the stream cannot answer
	evTaken      // the stream has taken the proposal, with the sequence number at
	evConflict   // it has not: the room's last batch is another, with the sequence number at if atKnown
	evRetry      // it has not, for a temporary reason
	evAnswer     // the leader's answer to the inquiry: answer

	// From the node.
	evSend           // the sender sends the wanted requests: subscribed
	evTick           // periodic work is due: mayCheck
	evCheck          // a batch may have been missed
	evVerify         // the stream may have gone back to an older copy
	evBusAway        // the bus is away
	evStreamReplaced // the stream was created again
)

// event is something that happened to a room, with its time. Its byte slices are valid only during the step.
// The messages of a batch are valid until the actions of the step are carried out.
type event struct {
	kind   eventKind
	now    moment
	wall   int64  // Unix milliseconds
	random uint64 // for a new epoch; set for evRead… and evAnswer
	number uint64
	batch  batch
	answer leaderAnswer
	stream streamView // set for evRead…, evConflict, evAnswer, evSend and evTick

	alone bool // evBatch: no other message waits in the channel that the batch has come through

	at         uint64
	atKnown    bool
	subscribed bool // evConflict, evSend: this node receives the room's republished batches

	body       []byte
	receipt    rooms.Receipt
	maxMessage int // evPublish: bytes of the largest message that the brokers take

	since    rooms.Since
	done     chan struct{}
	mayCheck bool // evTick: a periodic check is within the node's rate
}

// batch is a batch that the stream has, and the way this node learned of it.
type batch struct {
	at       uint64 // its sequence number in the stream
	before   uint64 // sequence number of the room's batch before it; byRead: of the answer before it; 0: unknown, or none
	head     head
	messages []byte
	source   source
	single   bool // byRead: the broker sends one batch per read
}

// source is the way in which this node learned of a batch.
type source uint8

const (
	byRepublish source = iota // the stream has republished it; batches before it may be lost
	byRead                    // it was read; the stream has nothing between it and the last batch
	byAck                     // the stream has just acknowledged this node's proposal
)

// streamView is a copy of the node's progress for one event.
type streamView struct {
	joined         moment // when the connection became ready
	soon           uint64 // see fill.soon
	rollbackSeenAt uint64 // see progress
	watchedFrom    uint64 // see progress
}

// mayHaveLost reports whether a room may have lost messages. last is the sequence number of its last batch, or 0.
func (v streamView) mayHaveLost(last uint64) bool { return last != 0 && last <= v.rollbackSeenAt }
