// Package engine is a WebSocket server for very many connections.
//
// It moves messages and knows nothing of rooms, names or JSON. A program gives it a listener, an http.Handler that
// calls [Engine.Upgrade], and a [Handler] for each connection. An idle connection has no goroutine, no runtime timer
// and no buffer. With TLS, it has the buffer of crypto/tls, which is as long as the longest record received. The package
// runs on Linux only.
//
// # Life of a connection
//
//  1. [Engine.Serve] accepts the connection and reads the head of the HTTP request, within the bounds of [Config].
//     The connection belongs to one of the epoll loops, its poller.
//  2. The request goes to the program's http.Handler on a goroutine of the connection. The http.Handler may block. If
//     [Config.NonBlocking] says that it does not, a plain WebSocket handshake is handled on the poller instead. That
//     saves more than half of the system calls, and the request is then valid only until the http.Handler returns.
//  3. The http.Handler calls Upgrade, which answers the handshake (RFC 6455 section 4) and calls Handler.OnOpen. Then
//     the http.Handler returns, and its goroutine ends.
//  4. The poller reads the socket and calls Handler.OnMessage for each complete message.
//  5. The connection ends by a close handshake, an error, a timeout or [Engine.Shutdown]. Handler.OnClose is called.
//
// [Engine.Stream] does the same for a plain GET: the connection carries an endless HTTP response, such as server-sent
// events. It is a [Conn] too, and counts towards the same limits, but no WebSocket frames pass in either direction.
//
// The peer of a connection is the other end of its socket: the client, or a proxy.
//
// # Goroutines and callbacks
//
// The engine calls a Handler. For one connection, OnOpen, OnMessage and OnClose never overlap. None of them may block:
// OnMessage and OnClose run on goroutines that serve other connections too.
//
//   - OnOpen runs on the goroutine that called Upgrade, before anything is read from the connection.
//   - OnMessage runs on the connection's poller. Messages that arrived together with the handshake are delivered
//     on the goroutine that called Upgrade, after OnOpen.
//   - OnClose runs once, after the last OnMessage has returned. Usually it runs on the connection's poller. If the socket
//     is closed while OnOpen or OnMessage runs, OnClose follows on the same goroutine, perhaps before Upgrade has
//     returned.
//   - OnDrain, of a [Drainer], and CloseWith, of a [Closer], run on any goroutine. They may overlap with the other three.
//   - Jobs of [Conn.AfterTurn] run on the connection's poller, even if the connection is closed meanwhile. After
//     Shutdown they are dropped. They must not block.
//
// The program calls the methods of Conn and Engine. Any goroutine may call them, at any time, also from within OnOpen,
// OnMessage and OnClose. Exceptions:
//
//   - OnDrain, CloseWith and Stream.Last must not call a method of any Conn, except for AfterTurn and Poller. They are called
//     with locks held that the methods of Conn take. So do not call a Conn while you hold a lock that one of them takes. No other
//     function of the program is called with such locks.
//   - WriteFrames and Collect are for WebSockets only, WriteEvents for Streams only.
//   - PauseReading and InBatch may be called only from within OnMessage.
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
// If bytes are queued when a connection is closed, for whatever reason, the close frame follows them. The bound of 256
// KiB is then lifted. So the kernel can take all of these bytes, and the peer can read them after the connection was
// closed here.
//
// A ping waits behind all bytes that were written before it. So a peer that sends nothing is closed with 1011 if it
// reads nothing, or so slowly that the ping reaches it too late. Bytes that its TCP acknowledges (Acked) do not count as
// an answer. OnClose gets 1011, but the peer may never read the close frame.
//
// In the other direction, [Conn.PauseReading] stops reading from a client until [Conn.ResumeReading]. TCP then slows
// the client down. A client that exceeds Limits.RateMessages or Limits.RateBytes is closed with 1008.
//
// # Ownership of slices
//
//   - Send, WriteFrames and WriteEvents neither change nor keep the slice they are given. The caller may reuse it after
//     they return. The exception is a slice in a block of Config.Blocks. It may be sent by reference, so its bytes
//     must not change before the caller puts the block back (zerocopy.Pool.Put). That is allowed at any time after
//     the call: queued bytes are still sent unchanged.
//   - The data passed to OnMessage belongs to the engine and is valid during the call. The Handler may change it.
//   - Encoding.AppendFrame appends to dst, which stays the caller's, and only reads payload.
//   - The engine does not copy Stream.Beat. It must not change while the Stream is in use.
//
// # Closing and timeouts
//
// Either side may begin the close handshake (RFC 6455 section 7.1): the peer, or the program with [Conn.Close].
// If the client violates the protocol or exceeds a limit, the engine closes the connection for one of the reasons in
// [Refusals]. It sends a close frame, whose code a [Closer] may replace, and then FIN, and waits for the peer's FIN.
// Config.CloseTimeout bounds both kinds of closing. The heartbeat ends when the closing begins.
//
// The heartbeat pings a peer that sends nothing for Config.PingPeriod, or up to a quarter less. If the peer then sends
// nothing for Config.PingTimeout, it is sent a close frame with 1011. The engine does not wait for an answer: it cuts the
// connection at once, or within one second if bytes are queued. The peer of a Stream is not pinged. It is cut if its TCP
// answers nothing for PingTimeout, although bytes were sent to it. If it is alive but does not read, the heartbeat does
// not cut it. These times are counted in ticks of 250 ms, so each may be off by one tick.
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
//   - It queues at most MaxBacklog bytes, 16 KiB and one message per connection. Longer queues belong to the caller.
//   - It supports no extension that keeps context between messages (context takeover), and no HTTP/2.
package engine
