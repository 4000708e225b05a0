// Package socket opens non-blocking TCP sockets and reads and writes them, plain or by TLS,
// without a goroutine per connection.
//
// Connect, NewTLS and Ask block; a dialing goroutine calls them. Read, Write, EpollNow and the
// other methods of TLS never block; the loop that owns the socket calls them. TLS.Seal is
// the exception: the writer calls it under the client's mutex. The package knows no frames and
// no clients.
package socket
