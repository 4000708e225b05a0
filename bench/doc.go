// Package bench loads a WebSocket server with many connections and checks what
// comes back.
//
// # Pool and Client
//
// A [Pool] runs a few epoll loops, one named goroutine each. A [Client] is one
// connection on one loop: a raw socket and about a hundred bytes, without a
// goroutine, a timer or a buffer of its own while idle. All clients of a loop
// read into one shared buffer; only the cut-off start of a frame is kept.
//
// # Who may call what
//
//   - [Pool.Dial] and [Pool.DialAll] block and are called from any goroutine but a
//     loop's. Dial only reads the head of the response; the loop reads all else.
//   - The methods of Client, [Pool.Stats] and the tag are free to use from anywhere,
//     callbacks included, and never block.
//   - OnMessage and OnClose run on the client's loop, for one client never two at a
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
// [ErrBacklog] and Stats.Refused. A message: 128 KiB, then the connection is failed
// with 1009. The response to an upgrade: 4 KiB.
//
// # What it does not do
//
// TLS, IPv6, host names, compression and checking that text is UTF-8. A server that
// never closes its socket after the closing handshake keeps the client until Shutdown.
//
// A loop parks in the runtime's own poller, so it holds no processor while idle and
// the schedules of publishers beside it stay exact.
package bench
