// Package wsclient holds many WebSocket connections on a few epoll loops, checks all that the
// server sends against RFC 6455, and delivers the messages to callbacks.
//
// # Pool and Client
//
// A [Pool] runs a few epoll loops, one named goroutine each. A [Client] is one connection
// on one loop: a raw socket and about a hundred bytes, without a goroutine, a timer or a
// buffer of its own while idle. All clients of a loop read into one shared buffer; only the
// cut-off start of a frame is kept.
//
// A loop parks in the runtime's own poller, so it holds no processor while idle and the
// schedules of publishers beside it stay exact.
//
// # TLS and compression
//
// A wss:// (or https://) URL is dialled with TLS 1.2 or 1.3, and its certificate checked:
// there is no way to skip that. Each handshake is a whole one. A client with TLS has no
// goroutine either, but the state of crypto/tls: about 20 KB of this process. A loop decrypts
// what one read brought into the buffer that plain clients read into, so that all checks are
// the same, and takes the time after that: a latency ends when a message is there in the
// clear.
//
// If Config.Compression asks for it, the server must accept permessage-deflate (RFC 7692),
// without context takeover in either direction. Every compressed message is inflated and
// checked as a plain one is, unless it is the same in every byte as the message that the loop
// inflated last, which is the same text (receive_message.go). What is sent is not compressed, as
// section 6 of the RFC allows.
//
// Stats.Bytes are as on the wire: encrypted and compressed.
//
// # Held back
//
// If the server reads no further, the socket fills, and then the client's backlog. SendAt
// measures how long a message waits there ([HeldBack]). If the backlog is full too, Send
// returns [ErrBacklog].
//
// # Who may call what
//
//   - [Pool.Dial] and [Pool.DialAll] block and are called from any goroutine but a loop's.
//     Dial only reads the head of the response; the loop reads all else.
//   - The methods of Client, [Pool.Stats] and the tag are free to use from anywhere, callbacks
//     included, and never block. ReadAt and Frame are for the callbacks only.
//   - OnMessage, OnFrames, OnClose and OnBatch run on the client's loop, for one client never
//     two at a time, and may run before Dial has returned it. They must not block: all clients
//     of the loop wait. A payload is valid during the call only.
//   - [Pool.Shutdown] is not called from a callback. After it, no callback runs.
//
// # Who owns what
//
// A dialling goroutine owns the socket until the loop has it; from then on only the loop
// reads and closes it. Send and the loop share the writing side under the client's mutex. A
// loop's mutex guards its table of clients. The two mutexes are never held together, nor
// while calling out.
//
// # Bounds
//
// What waits for a socket: Config.Backlog and at most one frame more, then [ErrBacklog] and
// Stats.Refused; the time that messages wait there is kept in 16 bytes per message, and
// afterwards in 16 bytes per period of at least 100 ms. A message: 128 KiB, then the
// connection is failed with 1009. The response to an upgrade: 4 KiB.
//
// # What it does not do
//
// IPv6, host names (so a certificate must name the IPv4 address), resuming TLS sessions,
// context takeover and checking that text is UTF-8. A server that never closes its socket
// after the closing handshake keeps the client until Shutdown. It knows no rooms, no
// schedule and no members.
package wsclient
