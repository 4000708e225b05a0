// Package routes serves WebSocket connections and event streams (server-sent events). There are routes for one room per
// connection, for several rooms per connection, and for demonstrations.
//
// cmd/plenum creates a Routes, registers it, and runs it. A request runs on a goroutine of its own until
// it hands its connection to the engine. A handshake that does not block runs on its poller, see NonBlocking. From then
// on the engine calls the connection's handler, see engine/doc.go. It calls OnMessage on the poller, which must not
// block. Slow work therefore runs as a background job, or on a goroutine that Wait waits for. The workers of a room
// write to a connection through its handler, which is the rooms.Sink of the member.
//
// Package access decides which clients may connect. Package rooms orders and stores the messages.
package routes
