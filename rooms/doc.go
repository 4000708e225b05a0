// Package rooms decides who gets which bytes. It knows no sockets: a member's
// frames go to a Sink.
//
// A room is a log and a member has a position in it. A message is framed once, into
// the log, and every member is written from the same bytes. Members sit in
// segments of up to 64. A segment has one position for all its members, and is
// the unit of work: a flush writes what the log holds past the position to each of
// them, then moves the position. What is published during a flush waits in the
// log, and the next flush writes all of it with one write per member (group
// commit): no delay if the room is idle, batches that grow by themselves
// if it is busy.
//
// A member whose socket did not take a batch whole is behind: it has a position of its
// own and is left out of flushes until Member.Drained. Then it is written from
// its position until it has caught up with its segment. A member that is further behind
// than Config.SlowLag is closed with 1013, or, with Config.Gap, gives its position up,
// and once it has drained is told which messages it has missed and goes on at the head. The
// publisher never waits; if the workers do not keep up with the members that read fast
// enough, it gets ErrBacklog.
//
// # Overload
//
// A member is slow only in comparison with the others of its room. If most of them cannot keep up, the
// room is spoken to faster than it can be read, and closing them would only bring hundreds of clients
// back at the worst moment. So each flush counts three kinds of members behind:
//
//   - full: the socket has not taken a write whole, and the member has not kept up since;
//   - trailing: a full member that has taken bytes since, and still has not kept up;
//   - stalled: a member that has taken no byte for 5 s.
//
// A member that takes nothing for 2 s counts neither as full nor as trailing until it takes
// bytes again: its silence says nothing about the rate. What it takes is its position in the log,
// and for a member whose position has not moved the bytes that its client has acknowledged (Acker).
//
// The room is pressed if more than half of its members, without the stalled ones, are full, or if more than half of
// SlowLag waits for workers. Then each message holds its publisher back (Pauser): nothing more is read from
// it until the room is not pressed any more, or for a second. Its leave and its other rooms wait as well.
// The room is overloaded if more than half of its members are trailing. Then no member is given up unless
// it is stalled, Hub.Publish answers ErrOverloaded, and Config.Overloaded is told. For 5 s after an
// overload its members are still spared, so that the last of them can catch up. What they may have
// waiting is bounded as above, by 16 MiB and ErrBacklog.
//
// Both judgements begin above a half and end at a quarter. To change one back, a quarter of the members has to
// fill their sockets, or to empty them, which takes at least as long as writing a socket's buffer to
// each of them. A pressed room is spoken to by each publisher once a second at most, so its members catch up unless
// they read less than that; and what they have yet to read does not grow meanwhile, so it ends. Nothing of it depends on other
// processes: the room looks at its own members alone.
//
// With a Bus each node holds its own clients back, and not those of other nodes, whose messages wait with
// the bus if more than 16 MiB wait here. The bus may deliver more than SlowLag at once, in one batch; then a member whose
// socket is full is given up before it could show that it still reads.
//
// A member may read another view of the log: the same frames in another form, such as
// deflated ones, or events. A chunk's frames are rendered in a view by the first flush that
// needs them, outside all locks but the chunk's own for its views, and once for all
// members. The renderings of chunks that no member reads are dropped when the expirer looks next, so that
// members that resume one after the other share them. Positions and bounds are those of the log.
//
// History is the same log, kept a little longer: a chunk stays while it has a message of the
// history that is not too old, and of all rooms the least recently
// used lose theirs where they take too much together. The history has no hole. It begins with the
// user message number Config.History.Messages from the end or with the announcement number
// Config.History.Announcements from the end, whichever is nearer, so that joins and leaves do not
// push out what was said. An announcement is a message of codec.System, which no user's can be:
// every node knows it by its bytes, and the log marks it with a bit of its entry. A resuming member is behind
// from the start: it has a position among what is kept, is written from there (the replay), and shares
// the position of the others once it has reached them. Until then it is not too slow while what it has
// yet to read is kept anyhow.
//
// # Joins and leaves
//
// A room of up to Config.AnnounceLimit members is told when the first connection of a name joins, and
// when the last one leaves. To find out, the hub looks at the name of each member of the room, with the
// room's lock held: there are few of them, and each is about to be written the announcement anyhow. No
// list of names is kept. A larger room hears a digest a second, which counts connections, and a join
// looks at nobody. When a room has grown past the limit, or is small again, what it was told before
// stands. Announcements are made in the order of the joins and leaves, also if several connections of
// one name come and go at once.
//
// With a Bus, the nodes agree on the one of them that says of a name that it has left: it is Told, the
// others with members of the name are Covered (see Standing). Each node tells the others its Names as
// soon as they change, and decides a tenth of a second after the last change that it has heard of. When
// the last member at the node that is Told leaves, another takes over and nobody is told. Nothing waits
// for the network: a member that speaks earlier is announced by what its node knows then. If words take
// longer than a tenth of a second, or two nodes have been apart, a name may be announced twice.
//
// # Who calls what
//
// Everything may be called from any goroutine, but for one member Join comes
// first and Leave last. A publish into a small idle room is written by the
// publishing goroutine before Publish returns, at most once per millisecond; every
// other flush is one of a worker of Hub.Serve, and a segment goes to the back
// of their queue after each, so that many rooms share them fairly. How many workers
// write, and whether segments are delayed between two flushes, follows what the machine has
// to spare, if Config.Idle tells it (package queue).
//
// # Ownership and locks
//
// A Hub has the rooms by name (registry), the queue of segments, the counters and the views, and three tasks that
// Serve runs next to the workers: digests, expirer, and the watch of pressedRooms. A Room is made of parts:
//
//	part        owns                                           file
//	log         the chunks of frames, and their readers        log.go, chunk.go, view_rendering.go
//	history     what of the log is kept, and for how long      history*.go
//	members     the segments, and the members in them          membership.go, segment*.go
//	presence    joins and leaves that are yet to be told       presence*.go, package names
//	overload    the members that do not keep up, the pauses    overload*.go
//
// Room.mu guards all of them, except for what a field says of itself: overload.pressed and overload.overloaded are
// atomic, and overload.watch is owned by the watch. A part that reads another part does so with Room.mu held.
// The Room itself owns what concerns its life as a whole: whether it is gone, and how many openers keep it from going.
//
// A segment is flushed by one goroutine at a time. During the flush, that goroutine owns
// Member.behind and Member.at of its members; it takes Room.mu at the beginning and at the end (beginFlush, endFlush).
// Lock order: shard.mu, Room.mu, then one of the lock of the queue, digests.mu and pressedRooms.mu; renderings.mu
// and views.mu are held alone. None is held while a Sink is called, except for its Name, so a Sink may call
// Member.Drained at any time.
// Config.Chunks are called with Room.mu held.
//
// # What it does not do
//
// It stores nothing. A room without members of which nothing is kept any more is
// gone, and begins anew with another epoch.
package rooms
