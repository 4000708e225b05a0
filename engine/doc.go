// Package engine moves WebSocket messages for many connections. It knows
// nothing of rooms, names or JSON: a program gives it a listener, an
// http.Handler that calls Upgrade, and a Handler per connection.
//
// Connections are accepted by internal/accept. It reads a request's head within bounds, a plain handshake by
// itself, anything else by net/http's server, and gives the request to the
// program's http.Handler, on a goroutine of its own, which may block. Upgrade answers
// the handshake of RFC 6455 section 4, takes the socket from there and moves its
// descriptor into an epoll loop of nbio. From then on the connection has no goroutine,
// no runtime timer and no buffer while it is idle; a partial frame holds a pooled
// buffer until it is whole.
//
// Stream does the same for a plain GET: an endless answer, such as server-sent events, is a
// Conn that neither parses nor frames, with the same place in the tables, the pollers and
// the heartbeat.
//
// With Config.TLS net/http makes the handshake of every connection, and upgrades it. From
// then on crypto/tls is a transform in memory (internal/tlsrecord): the poller feeds it the bytes
// that it has read, and takes from it the records that are written to the socket, or queued, as frames
// are without it. It costs the memory of its keys and of the longest record it was sent; no
// goroutine, no timer.
//
// # The parts of a Conn
//
// A Conn is made of parts. Each is a struct in a file of its own, which owns its state:
//
//   - reader reads the socket, deciphers the bytes and pauses. It is used by whoever has the turn, which is the
//     right to read: the upgrading goroutine, then the poller. Its fields are atomic.
//   - inbound makes messages of the bytes and calls OnMessage. It is owned by whoever has the turn.
//   - outbound writes frames to the socket and queues those that it does not take. It is guarded by Conn.mu.
//     outbound.go has it in the order in which the bytes take it.
//   - closing is the close handshake. It is guarded by Conn.mu; its phase may be read without it.
//   - timer is the connection's timer, of its heartbeat and of its close handshake. It is guarded by Conn.mu, its wheel
//     entry by timers.mu.
//   - tls is the TLS of the connection, if it has any. It is called with Conn.mu held.
//   - socket is the descriptor. Any goroutine may call it; nbio's lock keeps it open meanwhile.
//
// # How nbio is used, and how reading pauses
//
// nbio runs edge-triggered (EPOLLET), and reader reads the socket itself in nbio's OnRead. nbio
// has no call that stops reading one connection: resetRead is unexported, and a level-triggered
// event that is not read comes again at once. An edge-triggered one does not, so a paused
// connection costs nothing until it is resumed. Four things follow from it:
//
//   - Each call of readable reads until the socket is empty, because no second event comes for the rest.
//   - To resume, the poller has to be asked to read. A mailbox, one end of a socket pair in each poller's epoll, does that.
//   - nbio closes a connection in the same round in which it hears of the peer's FIN (EPOLLRDHUP), after OnRead. Therefore
//     a FIN ends a pause: readable asks poll(2) for it, and delivers what has arrived first.
//   - A new connection's first event says that it can be written. It costs one more round of the poller.
//
// # Extensions
//
// Config.Extensions are agreed on with the clients that offer them. Each changes the payloads of whole messages, and each
// message by itself, so a connection keeps nothing for it but a pointer to its Encoding. Connections with
// the same Encoding are sent the same bytes: a caller encodes a message for many once per Encoding, and
// gives the frame to WriteFrames. Send encodes by itself, and OnMessage gets what is decoded.
//
// # Who calls what
//
// A Handler's OnOpen runs on the goroutine that called Upgrade, before anything
// is read; OnMessage runs on the connection's poller and must not block it;
// OnClose runs once, after the last OnMessage has returned. Within OnMessage a Handler may call PauseReading;
// the next message is then delivered after ResumeReading. The three never
// overlap for one connection. Conn's methods may be called from any goroutine,
// and from within the Handler, but not from OnDrain.
//
// # Locks
//
// Order: Conn.mu, then nbio's own connection lock, then whatever OnDrain takes;
// Conn.mu, then accept.Server.mu, then the tables (registry.mu, timers.mu, quota.Clients.mu, encodings.mu). The tables and
// zerocopy.Pool.mu are leaves: nothing is called while one is held. pollers.mu is for
// starting and stopping the pollers. A Handler is never called with Conn.mu held,
// apart from OnDrain, which says so. crypto/tls is called with Conn.mu held, and so its
// own locks are never waited for. Conn.mu is held across the write(2) of its own
// connection, because that is what it serializes; it does not wait, the socket is
// non-blocking. Only the 503 of a connection that could not be moved, for want of a
// descriptor, is written to its first socket, with a deadline.
//
// # What it does not do
//
// It opens no listener and queues no more for a connection that reads slowly than
// MaxBacklog and one message. It has no extension that
// takes context over from one message to the next.
// Over TLS it speaks no HTTP/2.
package engine
