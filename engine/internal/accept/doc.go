// Package accept accepts connections and reads their first request, within bounds.
//
// Each accepted connection has a goroutine, which reads the request's head. A plain WebSocket
// handshake is parsed and served right there (handshake); everything else goes to net/http's
// server, together with the bytes that were read. Either way the request reaches the program's http.Handler, which may
// block. Hijack takes the connection from there.
//
// A connection is in one of these states: half-open (no request has been read yet), idle (answered, waiting for another
// request), serving (a handshake in its handler), in net/http, or left (closed or hijacked).
//
// While Server.mu is held only Config.Upgraded is called, and sockets are closed.
package accept
