// This file is for developers of the package. go doc does not print it. doc.go describes the package for its callers.
//
// # The parts of a Conn
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
//     entry in a timer wheel (internal/wheel), which pollerTimers.mu guards.
//   - traits are the properties that never change: the Engine, the Encoding, the Stream, the TLS layer and the budget of
//     the client. Most connections share one value, so a further field costs them nothing. The methods of the TLS layer
//     are called with Conn.mu held.
//   - socket is the descriptor. Any goroutine may call it; nbio's lock keeps the descriptor open during a call.
//
// # Accepting, and TLS
//
// Package internal/accept accepts connections, on the pollers. Its package comment describes the states of a connection
// before Upgrade, and their owners. It parses a plain WebSocket handshake itself and passes every other connection to the
// server of net/http. From either, Upgrade takes the socket over. If the http.Handler ran on the poller, nothing moves:
// the socket is registered already, and only the session of its nbio.Conn changes. Otherwise the descriptor is duplicated
// and registered with a poller.
//
// With Config.TLS, net/http does the TLS handshake and reads the request. After Upgrade, crypto/tls only transforms
// bytes in memory (internal/tlsrecord): the poller passes it the bytes read from the socket. The records that it
// returns are written to the socket, or queued, like plain frames. TLS costs a connection the memory of its keys and of
// the longest record it received, but no goroutine and no timer.
//
// # The library nbio, and how reading pauses
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
// Package internal/adopt gives nbio the accepted descriptors and takes the closes, by reflection. If it does not fit the
// version of nbio, the engine logs a warning. Then net/http accepts, and nbio starts a goroutine for each burst of closes.
//
// # How a connection is closed
//
// Only the poller closes the descriptor of a registered connection, and only while it handles an event of that connection.
// At any other time, also in a job, an event of the connection may be pending. A new connection that gets the same
// descriptor would also get that event. There is one exception: nbio itself closes a connection if one of its writes fails,
// on any goroutine. The descriptor then stays open until the poller has handled the events that it has received
// (closeLater).
//
// cut tells the holder of the turn to close the socket, if the holder may. Otherwise cut shuts the socket down, which the
// poller sees as an event. nbio calls onClose within its close, perhaps with locks held, so onClose only records the close.
// Then the holder of the turn finishes the connection. If no goroutine holds the turn, a job of the poller does.
// reader.end takes the turn before it closes, so most connections are finished at once.
//
// # Locks
//
// Locks are taken from left to right:
//
//	Conn.mu, nbio's lock of the connection, the locks that OnDrain takes
//	Conn.mu, accept.Server.mu, then one of: registry.mu, pollerTimers.mu, quota.Clients.mu, encodings.mu
//	accept.Server.mu, nbio's lock of a connection that has not been upgraded
//
// accept and quota are packages in internal. registry is the table of connections, quota.Clients counts the connections
// per client, and encodings is the table of Encodings. The four locks after "one of" are leaves: no other lock is taken
// while one of them is held. sharedTraits.mu, zerocopy.Pool.mu and mailbox.Mailbox.mu are leaves too. pollers.mu serializes
// starting and stopping the pollers, which are the epoll loops.
//
// OnDrain is called with nbio's lock held, and also with Conn.mu if a write or the registration of the socket empties
// the queue. Stream.Last is called with Conn.mu held, and so is Closer.CloseWith for a Refusal. Config.Busy is called with
// Conn.mu of a new Conn held, which no other goroutine knows yet. The program's other functions are called without these
// locks.
//
// crypto/tls is called with Conn.mu held, so its own locks are never contended. Conn.mu is held during write(2) to its
// own connection, because it serializes these writes. They do not block, because the socket is non-blocking. There is
// one exception. If no descriptor is left to move a connection to its poller, a 503 is written to the original socket,
// with a deadline.

package engine
