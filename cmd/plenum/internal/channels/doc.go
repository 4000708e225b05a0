// Package channels serves clients that speak the Pusher Channels protocol: WS /app/{key}. plenum is not affiliated with
// Pusher.
//
// A connection is a session. It belongs to an app, and has a rooms.Member per channel in a hub of its own. The room of a
// channel is named by the id of the app, a slash, and the name of the channel, so apps do not see each other's channels, and
// native clients see none of them. The log of a room has the final frames, so all subscribers are sent the same bytes.
//
// # Goroutines
//
// The engine calls a session on the poller of its connection. Nothing there blocks. The signature of a subscription is
// checked there too: that takes a microsecond or two, less than the write of the answer, and less than passing the work to
// another goroutine. Its length is bounded by --max-message.
//
// # Sinks
//
// A session has one sink per channel. A plain sink is a rooms.Listener, so other subscribers do not see the session. The sink
// of the channel to a user is a Listener too, but its name is the id of the user. So rooms.Hub.Kick finds all connections of
// a user. The sink of a presence channel has the id and the info of the user.
//
// # Order
//
// A subscriber first receives pusher_internal:subscription_succeeded, in a cache channel then the latest event or
// pusher:cache_miss, and then the events of the channel. In a presence
// channel it has a list of the users, which goroutines of Run make. The list is made after the session has joined the room, so
// the joins and leaves that it lacks follow as events. Clients take a user whom they know already as the same one.
package channels
