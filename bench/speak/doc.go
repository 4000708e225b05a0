// Package speak has the protocols that plenum-bench speaks. A protocol defines the messages that join
// rooms and publish, the answers to the server's own messages, and the form of a refusal.
//
// # Terms
//
//   - Dialect: one protocol, with the user's options for it.
//   - Text: the part of a message that a load writes (package message).
//   - Message of the server's own: one without a text, such as a ping or an answer to a command.
//   - Join: the request of a client to be in a room.
//   - Answer: the server's confirmation of one join.
//   - Fault: a message by which the server refuses something, or which the protocol does not have.
//
// # Protocols
//
//	name        joins                    publishes                a frame holds
//	plenum      templates of the user    template of the user     one message or several
//	raw         nothing                  the text alone           one message or several
//	pusher      signed subscriptions     client events            one message
//	centrifugo  connect, subscribe       publish commands         lines of JSON
//	socketio    events, acknowledged     events                   one packet
//
// # Who may call what
//
// The methods of a [Dialect] are pure. A [Talk] counts the answers of a server to all clients of a
// process. Its methods may be called from any goroutine, except Frame and Message: only the client's loop
// may call these.
//
// # What it does not do
//
// It opens no connections, and it neither finds nor checks texts. Package load does.
package speak
