package client

import (
	"strconv"
	"time"
)

// Event is what Client.Events has: a Message, Gap, Joined, Refused or State.
type Event interface{ event() }

// Place is behind message Seq of a room's life Epoch. The zero Place is before everything
// that the server keeps.
type Place struct {
	Epoch string
	Seq   uint64
}

// String is how p is written on the wire.
func (p Place) String() string { return p.Epoch + ":" + strconv.FormatUint(p.Seq, 10) }

// Message is what was said in a room. Its Place is the message's own, behind which Resume
// goes on.
type Message struct {
	Room, Sender, Text string
	Time               time.Time // the server's
	Place
}

// Gap says that the messages From to To of a room's life Epoch are missing where it stands
// among the events. Where After is of another epoch, whatever followed it there is lost
// too, and there may be none missing of this one: then To is 0.
type Gap struct {
	Room     string
	After    Place // the last before it
	Epoch    string
	From, To uint64
}

// Joined says that a room was joined, for the first time or again. What is heard of it
// follows.
type Joined struct {
	Room      string
	Place          // of the last message before it was joined
	Members   int  // with this one
	Recovered bool // everything since the place that was given follows
}

// Refused says that a room could not be joined again on a new connection. Again tells
// whether it is tried once more, with the next ping; where it is not, the room is left.
type Refused struct {
	Room  string
	Place // where it could be resumed
	Err   *Refusal
	Again bool
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
