// Package wsclient holds many WebSocket connections on a few epoll loops. It checks every frame
// of the server against RFC 6455, and delivers the messages to callbacks.
//
// # Pool and Client
//
// A [Pool] runs a few epoll loops, each in a thread of its own. A [Client] is one connection, served by
// one loop. An idle client is a raw socket and about a hundred bytes. It has no goroutine, no
// timer and no buffer. All clients of a loop share one read buffer; only the beginning of an
// incomplete frame is copied out of it.
//
// # Threads
//
// A loop's goroutine is locked to its thread, which waits in epoll_wait. An event wakes that thread
// directly: no poller and no scheduler of Go is in between. While a loop is busy, it keeps a
// processor of Go's scheduler also in its waits. So the pool adds one processor per loop
// (GOMAXPROCS), and the other goroutines never wait for a loop. A loop that has no event for 20 ms
// gives its processor away.
//
// # Dialing
//
// [Pool.Begin] opens a connection without a goroutine. The caller's thread connects and writes the
// request. The loop reads the response. [Pool.DialEach] opens many: the loop that has read a
// response begins the next dial itself. Eight system calls open a connection on the loopback
// network. A TLS handshake has a goroutine until it is done, because crypto/tls cannot pause in it.
//
// # TLS and compression
//
// A wss:// or https:// URL is dialed with TLS 1.2 or 1.3. The certificate is always verified. Every
// connection makes a full handshake. A client with TLS has no goroutine either; the state of
// crypto/tls takes about 20 KB. The loop decrypts each read into the shared buffer, so the same
// checks apply to all clients. It reads the clock after that: a latency includes the decryption.
//
// If Config.Compression is set, the server must accept permessage-deflate (RFC 7692) without
// context takeover in either direction. Every compressed message is inflated and checked like a
// plain one, unless Config.OnFrames has consumed it. A message that is equal in every byte to the
// last one inflated by the loop is not inflated again (receive_message.go). The client sends
// uncompressed messages, as section 6 of the RFC allows.
//
// Stats.Bytes counts bytes as on the wire, encrypted and compressed.
//
// # Held back
//
// If the server stops reading, first the socket fills and then the client's backlog. SendAt
// measures how long a message waits in the backlog ([HeldBack]). If the backlog is full, Send
// returns [ErrBacklog].
//
// # Who may call what
//
//   - [Pool.Begin] never blocks. Any goroutine may call it, callbacks included.
//   - [Pool.Dial], [Pool.DialEach] and [Pool.DialAll] block. Any goroutine may call them, except a
//     loop's.
//   - The methods of Client and [Pool.Stats] never block. Any goroutine may call them, callbacks
//     included. Only callbacks may call ReadAt and Frame.
//   - OnMessage, OnFrames, OnClose and OnBatch run on the client's loop. Calls for one client never
//     overlap. The first call may come before Dial has returned the client. Callbacks, also those
//     of Begin and DialEach, must not block, because all clients of the loop wait. A payload is
//     valid only during the call.
//   - [Pool.Shutdown] must not be called from a callback. After it has returned, no callback runs.
//
// # Who owns what
//
// The dialing goroutine owns the socket until it has written the request, with TLS until it has
// read the response. From then on, only the loop reads and closes it. Senders and the loop share
// the writing side, guarded by the client's mutex. A loop's mutex guards its table of clients. The
// two mutexes are never held together, and never while a callback runs.
//
// # Bounds
//
//   - Bytes that wait for a socket: Config.Backlog, and at most one frame more. Then Send returns
//     [ErrBacklog], and Stats.Refused counts it.
//   - Waiting times: 16 bytes per message in a backlog, and 16 bytes per period of at least 100 ms.
//   - Kinds of ends that EndCounts tells apart: 8. Further ones are counted together.
//   - A message: 128 KiB. A longer one ends the connection with close code 1009.
//   - The head of a response to an upgrade: 4 KiB.
//
// # What it does not do
//
// It does not resolve host names: Config.Addresses has their addresses. It does not support resumption of TLS sessions or
// context takeover, and it does not check that text is UTF-8.
// If a server does not close its socket after the closing handshake, the client stays open until
// Shutdown. The package knows no rooms, members or schedules.
package wsclient
