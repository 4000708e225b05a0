// Package accept accepts connections and reads their first request, within bounds.
//
// Each accepted connection has a goroutine, which reads the head of the request. It parses and serves a plain WebSocket
// handshake itself (type handshake). Every other connection goes to the server of net/http, together with the bytes
// that were read. In both cases the request reaches the program's http.Handler, which may block. The engine then takes
// the connection over with Hijack.
//
// A connection is in one of these states:
//
//   - half-open: no request has been read yet
//   - idle: a request was answered, and the next one has not begun
//   - serving: its handshake is in the http.Handler, or is being answered
//   - in net/http, which is reading or answering a request
//   - closed or hijacked: the Server has forgotten it
//
// Locks: while Server.mu is held, Config.Upgraded may be called and sockets may be closed, but nothing else is called.
package accept
