// Package memberships keeps the rooms of a connection that may be in several rooms: a connection of /ws, or of the Pusher
// Channels protocol.
//
// A Set belongs to one connection. The connection's poller adds and removes members. If a room is not open on this node,
// another goroutine opens the room, which needs the bus, and then adds the member. A Host has the state that all connections
// of a route share.
//
// Each Join is answered once, by a call of its Answer, and so is each leave. Joins are not answered after the connection has
// closed. They may be answered out of order. No method blocks, except Host.Wait.
package memberships
