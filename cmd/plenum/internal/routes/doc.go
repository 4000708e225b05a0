// Package routes serves the WebSockets and the streams of server-sent events: one room per connection,
// several rooms per connection, and the routes for trying.
//
// cmd/plenum makes a Routes, registers it, and runs it. A request runs on a goroutine of its own until
// the engine has taken its connection. From then on the engine calls the connection's handler as
// engine/doc.go says: OnMessage on the poller, where nothing may wait. What has to wait runs
// as a background job, or on a goroutine that Wait waits for. The workers of a room write to the
// connection through its handler, which is the rooms.Sink of the membership.
//
// It does not decide who may come (package access), and orders or stores no messages (package rooms).
package routes
