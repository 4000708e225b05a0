// Package bench loads a WebSocket server with many connections, checks what comes
// back and measures how long it took.
//
// # A run
//
// A [Scenario] is run by a [Driver] and ends in a [Result]. Its messages leave by an
// open-loop schedule ([Pacer]) whatever the server does, and carry the time they
// were meant to leave and their number. A latency runs from that time to the moment
// when the loop had read the message, so that a server, or a generator, that stands
// still shows it: delivery is each member's, completion the last member's of a
// message. The clock is read once for all that one read of a socket brought.
//
// Up to two million deliveries a second, each is recorded; above, one in 2, 4 or 8,
// by the sum of member and number, which takes of each message the same share of the
// members and of each member the same share of the messages. Completion and the
// maximum are never sampled, nor is the check of the numbers. Above that rate, where a
// room has one sender, only one member a loop is read message by message: of the
// others it is enough that their bytes are the same as its (tape.go).
//
// Before the first message every member must have heard its room (probes). After the
// last, a run waits until all has come that must, or for Traffic.Drain. What is lost,
// doubled or out of order is counted for each member and each sender, exactly, and,
// where the server numbers its messages itself, by its numbers too. A run with any
// has no latencies.
//
// The generator watches itself: how late messages left, how long its loops were away
// from their sockets, its CPU, its collector's pauses. Where that could have made the
// result, the result is not valid and says why; the limits are in verdict.go. The
// sending thread asks the system for priority and no timer slack.
//
// A server may have several nodes (Options.Node), which take the members of each room in
// turn: a message is complete when its last member at any node has it, and the server's
// numbers are one sequence at all of them. The server's use is then that of all nodes
// together, and what the NATS server between them used and carried is in the result too
// (Options.Broker).
//
// The server's CPU time (its clock of clock_getcpuclockid(3)) and memory (/proc) are
// read from the first message to the last delivery, warm-up included on both sides of
// the quotient.
//
// Where more connections are wanted than the process may have descriptors, the Driver
// starts copies ([Shard]) that share the members, and merges what they saw. All read
// the same monotonic clock.
//
// # Held back
//
// A server may read a sender late. First what the sender writes fills the server's buffer,
// then 512 KiB of the client's kernel; that shows only in the latencies. Then the socket is
// full, and up to 4 MiB of messages wait in the sender's backlog. A message that waits there
// for more than 100 ms is late. When the backlog is full too, a message that is due is not
// sent: it is counted (Result.Refused), and takes no number, so that the numbers have no
// hole. If any message was late or not sent, and nothing else went wrong, the run was
// held back ([Result.WasHeldBack]): it is neither sound nor failed. Its latencies are
// true, from the intended send time, but a message that was not sent has none, so the
// share of those belongs beside them. A message that was sent and never arrives is
// missing, and the run has failed. If the generator itself was at its limit, the run
// was held back all the same. It is not valid either then, because slow receivers may be
// why the server held its senders back.
//
// # Pool and Client
//
// A [Pool] runs a few epoll loops, one named goroutine each. A [Client] is one
// connection on one loop: a raw socket and about a hundred bytes, without a
// goroutine, a timer or a buffer of its own while idle. All clients of a loop
// read into one shared buffer; only the cut-off start of a frame is kept.
//
// # TLS and compression
//
// A wss:// (or https://) URL is dialled with TLS 1.2 or 1.3, and its certificate checked:
// there is no way to skip that. Each handshake is a whole one. A client with TLS has no
// goroutine either, but the state of crypto/tls: about 20 KB of this process. A loop decrypts what one
// read brought into the buffer that plain clients read into, so that all checks are the
// same, and takes the time after that: a latency ends when a message is there in the clear.
//
// Where Config.Compression asks for it, permessage-deflate (RFC 7692) must be accepted,
// without context takeover in either direction. Every compressed message is inflated and
// checked as a plain one is, but for one that is the same in every byte as the message
// that the loop inflated last, which is the same text (inflate.go), and for the tape, which
// compares frames as they are on the wire. What is sent is not compressed, as section 6 of
// the RFC allows: the load is on what the server sends. A text's padding is one letter,
// which is nothing when it is compressed; with Traffic.Words it is words (words.go), which
// compress about as English does.
//
// Stats.Bytes are as on the wire: encrypted and compressed.
//
// # Who may call what
//
//   - [Pool.Dial] and [Pool.DialAll] block and are called from any goroutine but a
//     loop's. Dial only reads the head of the response; the loop reads all else.
//   - The methods of Client, [Pool.Stats] and the tag are free to use from anywhere,
//     callbacks included, and never block.
//   - OnMessage, OnFrames, OnClose and OnBatch run on the client's loop, for one client never two at a
//     time, and may run before Dial has returned it. They must not block: all
//     clients of the loop wait. A payload is valid during the call only.
//   - [Pool.Shutdown] is not called from a callback. After it, no callback runs.
//   - A [Sequence] has one owner: the loop of its member until Shutdown, then the caller.
//
// # Who owns what
//
// A dialling goroutine owns the socket until the loop has it; from then on only
// the loop reads and closes it. Send and the loop share the writing side under the
// client's mutex. A loop's mutex guards its table of clients. The two mutexes are
// never held together, nor while calling out.
//
// # Bounds
//
// What waits for a socket: Config.Backlog and at most one frame more, then
// [ErrBacklog] and Stats.Refused; the time that messages wait there is kept in 16 bytes
// per message, and afterwards in 16 bytes per period of at least 100 ms. A message: 128 KiB, then the connection is failed
// with 1009. The response to an upgrade: 4 KiB. What a loop keeps of a hot room to compare
// its members with: 16 MiB and 40 bytes a message.
//
// # What it does not do
//
// IPv6, host names (so a certificate must name the IPv4 address), resuming TLS sessions,
// context takeover and checking that text is UTF-8. A server that never closes its socket
// after the closing handshake keeps the client until Shutdown.
//
// A loop parks in the runtime's own poller, so it holds no processor while idle and
// the schedules of publishers beside it stay exact.
//
// A run follows at most 20 million messages; time is kept of the last delivery of
// each, 8 bytes a loop.
package bench
