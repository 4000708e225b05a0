// Package accept accepts connections and reads their first request, within bounds.
//
// # Two ways to accept
//
// The pollers accept plain TCP connections, in rotation (type acceptor, rotation.go). The accepted descriptor is registered
// once, with the poller that has accepted it, and stays there. The poller reads the head of the request. It parses a plain
// WebSocket handshake itself (type handshake) and calls the program's http.Handler. If the handler upgrades, the engine
// takes the connection over with Hijack. No goroutine is started, Go's netpoller does not see the descriptor, and nothing is
// duplicated.
//
// A connection leaves its poller for one of four reasons:
//
//   - its request is not plainly a handshake
//   - the handler may block
//   - the handler hijacks the connection for another library
//   - the socket does not accept the whole response at once
//
// The connection then becomes a net.Conn. Its handshake continues on a goroutine. Any other request goes to the server of
// net/http, with the bytes that were read.
//
// Connections with TLS, and those of a listener that is not a *net.TCPListener, go from the listener to net/http
// (type listener). So do all connections if package adopt does not fit nbio.
//
// # States and owners
//
// A connection (type conn) is in one of these states:
//
//	state         owner                     ends
//	half-open     its poller, or net/http   the request is complete, the client leaves, the timeout, or eviction
//	serving       its poller or goroutine   the handler has returned and the response is sent, or Hijack
//	in net/http   net/http                  the response is sent
//	idle          net/http                  the next request, IdleTimeout, or eviction
//	hijacked      the caller of Hijack      the Server has forgotten it
//
// Half-open connections are a list in the order of their accept. All have the same timeout, so the oldest are the first to
// time out. Expire looks at the front of the list, in each tick of the engine's clock. A connection on a poller has no
// timer. For the others, net/http sets deadlines.
//
// Only the owner closes a connection. To end a half-open connection of a poller, the Server notes the reason, and shuts
// down the receiving half of the socket. The poller sees that as an end, and answers according to the reason.
//
// # The request, and how long it is valid
//
// A handler for which Config.NonBlocking returns true runs on the poller, with a request and a response from a pool. They,
// the header and the URL are valid until the handler returns, and so is Hijacked.Early. Strings taken from the request
// remain valid. The context ends when the Server stops. Every other handler gets a request of its own, whose context ends
// when the handler returns.
//
// # Locks
//
// While Server.mu is held, Config.Upgraded may be called, and sockets may be shut down, closed, polled, added to an epoll
// instance or removed from it. nbio's lock of a connection may be taken. Nothing else is called.
package accept
