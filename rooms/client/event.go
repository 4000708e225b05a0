package client

import (
	"encoding/json"
	"strconv"
	"time"
)

// Event is an element of Client.Events: a Message, Gap, Joined, Refused or State.
type Event interface{ event() }

// Position is the point directly after message Seq of a room's epoch. The zero Position is before all messages that the
// server retains.
type Position struct {
	Epoch string
	Seq   uint64
}

// String returns p as the protocol has it, epoch:seq.
func (p Position) String() string { return p.Epoch + ":" + strconv.FormatUint(p.Seq, 10) }

// Content is what Client.PublishContent publishes: a Text, an Event, Data, or several of them.
type Content struct {
	Text  string
	Event string          // the name of an event, of at most 128 bytes
	Data  json.RawMessage // any JSON, which the server passes on unchanged; nil if there is none
}

// Message is a message of a room, with a Text, an Event, Data, or several of them. Its Position is directly after the message,
// so Resume continues with the next one.
type Message struct {
	Room, Sender, Text string
	Event              string          // the name of an event
	Data               json.RawMessage // nil if there is none
	Time               time.Time       // when the server published the message
	Position
}

// Gap says that the messages From to To of a room's epoch are missing. It takes their place in the order of events.
//
// If After has another epoch, the messages after it in that epoch are lost, too. Then To is 0 if no message of the new epoch
// is missing.
type Gap struct {
	Room     string
	After    Position // the last position before the gap
	Epoch    string
	From, To uint64
}

// Joined says that a room was joined, for the first time or on a new connection. Events of the room follow it.
type Joined struct {
	Room      string
	Position       // of the last message before the join
	Members   int  // this client included
	Recovered bool // every message after the client's position follows
}

// Refused says that the server refused to let the client join a room again on a new connection, or that a new token does not
// allow the room. If Again is true, the client tries again with the next ping. Otherwise it has left the room.
type Refused struct {
	Room     string
	Position // the client's position in the room
	Err      *Refusal
	Again    bool
}

// State says whether the client is connected. If not, the client tries to connect again at Until.
type State struct {
	Connected bool
	Until     time.Time // zero if Connected
	Err       error     // why the connection was lost or failed; nil if Connected
}

func (Message) event() {}
func (Gap) event()     {}
func (Joined) event()  {}
func (Refused) event() {}
func (State) event()   {}
