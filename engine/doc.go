// Package engine is a WebSocket server for very many connections.
//
// It moves messages and knows nothing of rooms, names or JSON. A program gives it a listener, an http.Handler that
// calls [Engine.Upgrade], and a [Handler] for each connection. An idle connection has no goroutine, no runtime timer
// and no buffer, with TLS as well as without. The package runs on Linux only.
//
// # Life of a connection
//
//  1. [Engine.Serve] accepts the connection and reads the head of the HTTP request, within the bounds of [Config].
//  2. The request goes to the program's http.Handler on a goroutine of its own. The http.Handler may block.
//  3. The http.Handler calls Upgrade, which answers the handshake (RFC 6455 section 4) and calls Handler.OnOpen. It
//     registers the socket with one of the epoll loops, the connection's poller. Then the http.Handler returns, and the
//     goroutine ends.
//  4. The poller reads the socket and calls Handler.OnMessage for each complete message.
//  5. The connection ends by a close handshake, an error, a timeout or [Engine.Shutdown]. Handler.OnClose is called.
//
// [Engine.Stream] does the same for a plain GET: the connection carries an endless HTTP response, such as server-sent
// events. It is a [Conn] too, and counts towards the same limits, but no WebSocket frames pass in either direction.
//
// # Goroutines and callbacks
//
// The engine calls a Handler. For one connection, OnOpen, OnMessage and OnClose never overlap. None of them may block:
// OnMessage and OnClose run on goroutines that serve other connections too.
//
//   - OnOpen runs on the goroutine that called Upgrade, before anything is read from the connection.
//   - OnMessage runs on the connection's poller. Messages that arrived together with the handshake are delivered
//     on the goroutine that called Upgrade, after OnOpen.
//   - OnClose runs once, after the last OnMessage has returned. Usually it runs on the goroutine that handles all
//     closes, so a slow OnClose delays the others. If the socket is closed while OnOpen or OnMessage runs, OnClose
//     follows on the same goroutine, perhaps before Upgrade has returned.
//   - OnDrain, of a [Drainer], runs on any goroutine, with locks held. It may overlap with the other three.
//
// The program calls the methods of Conn and Engine. Any goroutine may call them, at any time, also from within OnOpen,
// OnMessage and OnClose. There are four exceptions:
//
//   - OnDrain must not call a method of Conn.
//   - PauseReading may be called only from within OnMessage.
//   - Serve may be called only once.
//   - Shutdown waits for the Handlers and for the http.Handler, so it must not be called from within one.
//
// # Slow connections
//
// A write never waits for the peer, and a slow connection delays no other. The kernel keeps about 256 KiB of unsent
// bytes per socket (TCP_NOTSENT_LOWAT). Sent bytes do not count: they are on their way or wait at the peer. If the
// socket is full, the two ways to send behave differently:
//
//   - [Conn.Send] copies the bytes that the socket does not accept into a queue of the connection. If more than
//     Config.MaxBacklog bytes are queued already, Send returns [ErrSlow] and the connection is closed with 1013.
//   - [Conn.WriteFrames] and [Conn.WriteEvents] queue one frame or event at most, whole or the rest of it (with TLS
//     about 16 KiB more). They return how many bytes they took. The caller keeps the remaining bytes, and continues when
//     OnDrain is called. The caller decides how far a connection may fall behind; [Conn.Acked] tells whether the peer
//     still reads.
//
// When a slow connection is closed, the close frame follows the bytes that are queued. The bound of 256 KiB is then
// lifted. So the kernel can take all of these bytes, and the peer can read them after the connection was closed here.
//
// A ping waits behind all bytes that were written before it. So a peer that sends nothing is closed with 1011 if it
// reads nothing, or so slowly that the ping reaches it too late. Its acknowledgements (Acked) do not count.
//
// In the other direction, [Conn.PauseReading] stops reading from a client until [Conn.ResumeReading]. TCP then slows
// the client down. A client that exceeds Limits.RateMessages or Limits.RateBytes is closed with 1008.
//
// # Ownership of slices
//
//   - Send, WriteFrames and WriteEvents neither change nor keep the slice they are given. The caller may reuse it after
//     they return. The exception is a slice in Config.Blocks. It may be sent by reference, so its bytes must not
//     change until the block is put back (zerocopy.Pool.Put).
//   - The data passed to OnMessage belongs to the engine and is valid during the call. The Handler may change it.
//   - Encoding.AppendFrame appends to dst, which stays the caller's, and only reads payload.
//   - The engine does not copy Stream.Beat. It must not change while the Stream is in use.
//
// # Closing and timeouts
//
// Either side may begin the close handshake (RFC 6455 section 7.1): the peer, or the program with [Conn.Close].
// Config.CloseTimeout bounds how long it takes. If the client violates the protocol or exceeds a limit, the engine
// closes the connection for one of the reasons in [Refusals].
//
// The heartbeat pings a peer that sends nothing for Config.PingPeriod, or up to a quarter less. If the peer then sends
// nothing for Config.PingTimeout, it is sent a close frame with 1011. The engine does not wait for an answer: it cuts the
// connection at once, or within one second if bytes are queued. The peer of a Stream is not pinged, but its TCP must
// acknowledge within PingTimeout the bytes sent to it. These times are counted in ticks of 250 ms, so each may be off by
// one tick.
//
// # Extensions
//
// The extensions in Config.Extensions are negotiated with the clients that offer them. An extension changes the payload
// of a whole message, without regard to other messages. A connection therefore keeps no state for its extensions except
// a pointer to its [Encoding]. Connections with the same Encoding receive the same bytes. To send one message to many
// connections, encode it once per Encoding and pass the frame to WriteFrames. Send encodes by itself, and OnMessage
// gets decoded messages.
//
// # Not included
//
//   - The package opens no listener and handles no signals.
//   - It queues at most MaxBacklog bytes and one more message per connection. Longer queues belong to the caller.
//   - It supports no extension that keeps context between messages (context takeover), and no HTTP/2.
//
// # Internals: the parts of a Conn
//
// A Conn is made of parts. Each is a struct in a file of its own and owns its state. The turn is the right to read from
// the connection and to call OnMessage. The upgrading goroutine holds it first, then the poller.
//
//   - reader reads and decrypts bytes, and pauses reading. The holder of the turn uses it. Its fields are atomic.
//   - inbound parses bytes into messages and calls OnMessage. The holder of the turn owns it.
//   - outbound writes to the socket and queues the bytes that the socket does not accept. While frames that arrived
//     together are handled, the connection is corked: outbound collects the answers and writes them together. Conn.mu
//     guards it. The functions in outbound.go are in the order in which bytes pass through them.
//   - closing is the close handshake. Conn.mu guards it; its phase may be read without the lock.
//   - timer is the connection's one timer, for its heartbeat and its close handshake. Conn.mu guards it, except for its
//     entry in the timer wheel (internal/wheel), which timers.mu guards.
//   - tls is the TLS state, if the connection is encrypted. Its methods are called with Conn.mu held.
//   - socket is the descriptor. Any goroutine may call it; nbio's lock keeps the descriptor open during a call.
//
// # Internals: accepting, and TLS
//
// Package internal/accept accepts connections. It parses a plain WebSocket handshake itself and passes every other
// connection to the server of net/http. From either, Upgrade takes the socket over.
//
// With Config.TLS, net/http does the TLS handshake and reads the request. After Upgrade, crypto/tls only transforms
// bytes in memory (internal/tlsrecord): the poller passes it the bytes read from the socket. The records that it
// returns are written to the socket, or queued, like plain frames. TLS costs a connection the memory of its keys and of
// the longest record it received, but no goroutine and no timer.
//
// # Internals: nbio, and how reading pauses
//
// nbio (github.com/lesismal/nbio) is the library that runs the epoll loops and owns the sockets of open connections. It
// has no call that stops reading from one connection: its resetRead is unexported. A level-triggered event that is
// not handled is reported again immediately. The engine therefore runs nbio edge-triggered (EPOLLET) and reads sockets
// itself, in nbio's OnRead callback. A paused connection then costs nothing until it is resumed. Four consequences:
//
//   - reader.readable reads until the socket is empty, because no second event comes for the rest. If it is not
//     empty after maxReads reads, the poller handles other connections first and then reads on.
//   - To resume, the poller must be asked to read. A mailbox (internal/mailbox) does that: one end of a socket pair in
//     each poller's epoll.
//   - nbio closes a connection in the same round in which it sees the peer's FIN (EPOLLRDHUP), after OnRead. A FIN
//     therefore ends a pause: readable checks for it with poll(2), and delivers the bytes that arrived before it.
//   - A new connection's first event reports that it is writable. That costs one extra round of the poller.
//
// # Internals: locks
//
// Locks are taken from left to right:
//
//	Conn.mu, nbio's lock of the connection, the locks that OnDrain takes
//	Conn.mu, accept.Server.mu, then one of: registry.mu, timers.mu, quota.Clients.mu, encodings.mu
//
// accept and quota are packages in internal. registry is the table of connections, quota.Clients counts the connections
// per client, and encodings is the table of Encodings. The four locks after "one of" are leaves, and so are
// zerocopy.Pool.mu and mailbox.Mailbox.mu: no other lock is taken while one of them is held. pollers.mu serializes
// starting and stopping the pollers, which are the epoll loops.
//
// No method of a Handler is called with Conn.mu held, except OnDrain. Stream.Last is called with it too. crypto/tls is
// called with Conn.mu held, so its own locks are never contended. Conn.mu is held during write(2) to its own
// connection, because it serializes these writes. They do not block, because the socket is non-blocking. There is one
// exception. If no descriptor is left to move a connection to its poller, a 503 is written to the original socket, with
// a deadline.
package engine
