// Package socket opens non-blocking TCP sockets, and reads and writes them, plain or with TLS,
// without a goroutine per connection.
//
// NewTLS and Ask block; a dialing goroutine calls them. EpollWait blocks the loop that calls it.
// Connect, Read, Write and the other methods of TLS never block. The loop that owns the socket
// calls Read and the methods of TLS. The exception is TLS.Seal: a sender calls it while it holds
// the client's mutex. The package knows no frames and no clients.
package socket
