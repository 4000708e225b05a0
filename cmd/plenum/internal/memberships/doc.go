// Package memberships has the rooms of a connection that is in several of them: the connections of /ws, and those of the
// Pusher Channels protocol.
//
// A Set belongs to one connection. The connection's poller adds and removes members. If a room is not open on this node,
// another goroutine opens the room, which needs the bus, and then adds the member. A Host has what all connections of a
// route share.
//
// Each Join is answered once, by a call of its Answer, and so is each leave. The joins may be answered out of order. No
// method blocks, except Host.Wait.
package memberships
