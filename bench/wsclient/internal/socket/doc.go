// Package socket opens non-blocking TCP sockets, and reads and writes them, plain or with TLS,
// without a goroutine per connection.
//
// Connect, NewTLS and Ask block; a dialing goroutine calls them. Read, Write, EpollNow and the
// other methods of TLS never block; the loop that owns the socket calls them. The exception is
// TLS.Seal: a sender calls it while it holds the client's mutex. The package knows no frames and
// no clients.
package socket
