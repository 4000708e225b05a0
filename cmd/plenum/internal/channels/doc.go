// Package channels serves clients that speak the Pusher Channels protocol: WS /app/{key}. plenum is not affiliated with
// Pusher.
//
// A connection is a session. It belongs to an app, and has a rooms.Member per channel. All channels are rooms of one hub, which
// has no native rooms. The name of a channel's room is the id of the app, a slash, and the name of the channel. So apps do not
// see each other's channels, and native clients see none of them. The log of a room has the final frames, so all subscribers are
// sent the same bytes.
//
// # Goroutines
//
// The engine calls a session on the poller of its connection. Nothing there blocks. The signature of a subscription is
// checked there too. That takes a microsecond or two, less than the write of the answer. Passing the work to another goroutine
// would take longer. --max-message bounds the length of the signed text.
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
// pusher:cache_miss, and then the events of the channel.
//
// # Lists of users
//
// In a presence channel, pusher_internal:subscription_succeeded has a list of the users. Goroutines of Run make the lists, in
// rounds of at least 10 ms. A round makes one list per channel, after all its new subscribers have joined the room, and sends it
// to each of them. The events of the room from the join on follow. So a subscriber misses neither a join nor a leave:
//
//   - A user who had joined before the list was made is in it, unless the user has left again. Then an event says so, which
//     clients ignore for a user whom they do not know.
//   - A user who joins or leaves later is announced by an event.
//   - A join may be both in the list and in an event, if it was announced in between. Clients take that as the same user.
//   - The subscriber itself is always in its list. Its own join is not announced to it.
//
// # Memory
//
// A subscriber that waits for its list costs some 200 bytes, and the events of its room that it has not received yet. Events
// that the history retains cost nothing more. The log holds up to Config.SlowLag of package rooms of older ones. If there are
// more, the subscriber is closed as a slow member.
//
// A round has one encoded list at a time. The list is written to the socket at once. The part that the socket does not take is
// copied (engine.Conn.Send), and counted by unread until the client has read it. From 64 MiB on, no further list is sent. If
// that lasts, clients that have had their list for 30 s are closed.
package channels
