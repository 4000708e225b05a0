package client

import (
	"strconv"
	"time"
)

// Event is what Client.Events has: a Message, Gap, Joined, Refused or State.
type Event interface{ event() }

// Position is behind message Seq of a room's epoch. The zero Position is before every message
// that the server keeps.
type Position struct {
	Epoch string
	Seq   uint64
}

// String is how p is written on the wire.
func (p Position) String() string { return p.Epoch + ":" + strconv.FormatUint(p.Seq, 10) }

// Message is a message of a room. Its Position is the message's own, behind which Resume
// goes on.
type Message struct {
	Room, Sender, Text string
	Time               time.Time // the server's
	Position
}

// Gap says that the messages From to To of a room's epoch are missing at this point of
// the events. If After is of another epoch, the messages behind it there are lost
// too, and there may be none missing of this epoch: then To is 0.
type Gap struct {
	Room     string
	After    Position // the last before it
	Epoch    string
	From, To uint64
}

// Joined says that a room was joined, for the first time or again. What is heard of it
// follows.
type Joined struct {
	Room      string
	Position       // of the last message before it was joined
	Members   int  // with this one
	Recovered bool // every message behind the given position follows
}

// Refused says that a room could not be joined again on a new connection. Again tells
// whether it is tried once more, with the next ping; where it is not, the room is left.
type Refused struct {
	Room     string
	Position // where it could be resumed
	Err      *Refusal
	Again    bool
}

// State says that there is a connection, or that there is none until Until, and why.
type State struct {
	Connected bool
	Until     time.Time
	Err       error
}

func (Message) event() {}
func (Gap) event()     {}
func (Joined) event()  {}
func (Refused) event() {}
func (State) event()   {}
