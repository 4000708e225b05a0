// Package endpoint finds the address that the URL of a WebSocket server leads to.
//
// [Check] and [Literal] are pure. [Resolve] asks the system's resolver, and blocks for as long as that takes. A run calls it
// once, before the first connection, and all connections use the result. All functions may be called from any goroutine. The
// package keeps no address and opens no WebSocket connection.
package endpoint
