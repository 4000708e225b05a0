package speak

import (
	"bytes"

	"plenum/bench/sequence"
)

// The names of the protocols.
const (
	Plenum     = "plenum"
	Raw        = "raw"
	Pusher     = "pusher"
	Centrifugo = "centrifugo"
	SocketIO   = "socketio"
)

// Dialect is a protocol with the user's options for it. The zero Dialect is Plenum with nothing to join. In
// each template, {room} and {user} stand for the connection's names.
type Dialect struct {
	Name   string   `json:"name"`
	Hello  []string `json:"hello,omitempty"`  // templates of the messages that join; Plenum and SocketIO only
	Ping   string   `json:"ping,omitempty"`   // text message that the server sends as a ping; Plenum and Raw only
	Pong   string   `json:"pong,omitempty"`   // text message that answers a Ping
	App    *App     `json:"app,omitempty"`    // Pusher only
	Secret string   `json:"secret,omitempty"` // HMAC key of the tokens; empty: no token; Centrifugo only
}

// Member has the user name of a connection, and the rooms that it joins.
type Member struct {
	User  string
	Rooms []string
}

// Reply says how a client handles a message of the server's own.
type Reply struct {
	Send  [][]byte // to be sent, in this order
	Ping  bool     // the message was a ping
	Joins int      // joins that the message confirms
	Fault string   // description of a refusal, or of a message that the protocol does not have; empty: none
}

// Greet returns the messages that m sends when its connection is open. It returns none if the server speaks
// first.
func (d *Dialect) Greet(m Member) []string {
	switch d.Name {
	case Centrifugo:
		return d.centrifugoGreeting(m)
	case SocketIO, Pusher: // the server speaks first
		return nil
	}
	return expandAll(d.Hello, m)
}

// Answers returns how many answers a client receives when it joins that many rooms. 0 means that the
// protocol has no answers, or that their number is not known.
func (d *Dialect) Answers(rooms int) int {
	switch {
	case d.Name == Centrifugo, d.Name == Pusher, d.Name == SocketIO && len(d.Hello) == 0:
		return rooms
	}
	return 0
}

// Receive returns the Reply to a message of the server's own. member returns the client that received the
// message. The Reply may refer to message, which the caller must not change while it uses the Reply.
func (d *Dialect) Receive(message []byte, member func() Member) Reply {
	switch d.Name {
	case Centrifugo:
		return receiveCentrifugo(message)
	case SocketIO:
		return d.receiveSocketIO(message, member)
	case Pusher:
		return d.App.receive(message, member)
	}
	if d.Ping != "" && string(message) == d.Ping {
		return Reply{Send: [][]byte{[]byte(d.Pong)}, Ping: true}
	}
	return Reply{}
}

// Lines reports whether a frame holds messages that are separated by newlines. Otherwise a frame
// is one message, which may have several texts.
func (d *Dialect) Lines() bool { return d.Name == Centrifugo }

// Split returns the first message of a frame, and the rest of the frame.
func (d *Dialect) Split(payload []byte) (message, rest []byte) {
	if !d.Lines() {
		return payload, nil
	}
	message, rest, _ = bytes.Cut(payload, newline)
	return message, rest
}

var newline = []byte("\n")

// Numbers reports whether the server may number the messages of a room.
func (d *Dialect) Numbers() bool { return d.Name != Raw }

// Templates reports whether the user's templates, and no protocol, define the messages.
func (d *Dialect) Templates() bool { return d.Announces() || d.Name == Raw }

// Announces reports whether the server numbers its own messages too.
func (d *Dialect) Announces() bool { return d.Name == Plenum || d.Name == "" }

// Seq returns the function that parses the server's number of a message. after is the part of the message
// from the beginning of its text on.
func (d *Dialect) Seq() func(message, after []byte) (seq uint64, ok bool) {
	switch d.Name {
	case Centrifugo:
		return parseOffset
	case SocketIO:
		return parseEventSeq
	}
	return func(message, _ []byte) (uint64, bool) { return sequence.ParseSeq(message) }
}
