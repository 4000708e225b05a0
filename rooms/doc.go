// Package rooms decides who gets which bytes. It knows no sockets: a member's
// frames go to a Sink.
//
// A room is a log and a member is a place in it. A message is framed once, into
// the log, and everybody is written from the same bytes. Members sit in
// segments of up to 64. A segment has one place for all its members, and is
// the unit of work: a pass writes what the log holds past the place to each of
// them, then moves the place. What is published during a pass waits in the
// log, and the next pass writes all of it with one write a member (group
// commit): no delay where the room is idle, batches that grow by themselves
// where it is busy.
//
// A member whose socket did not take a batch whole is behind: it has a place of its
// own and is left out of passes until Member.Drained. Then it is written from
// its place until it has caught up with its segment. One that is further behind
// than Config.SlowLag is closed with 1013, or, with Config.Gap, gives its place up,
// and once it has drained is told what it has missed and goes on at the head. The
// publisher never waits; where the workers do not keep up with those that read fast
// enough, it gets ErrCrowded.
//
// # Overload
//
// A member is slow only in comparison with the others of its room. If most of them cannot keep up, the
// room is spoken to faster than it can be read, and closing them would only bring hundreds of clients
// back at the worst moment. So each run counts three kinds of members behind:
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
// waiting is bounded as above, by 16 MiB and ErrCrowded.
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
// deflated ones, or events. A chunk's frames are rendered in a view by the first run that
// needs them, outside all locks but the chunk's own for its views, and once for all
// members. What nobody stands in any more is dropped at the keeper's next look, so that those
// who come back one after the other share it. Places and bounds are those of the log.
//
// History is the same log, kept a little longer: a chunk stays while it has a message of the
// history that is not too old, and of all rooms the least recently
// used lose theirs where they take too much together. The history has no hole. It begins with the
// user message number Config.History.Messages from the end or with the announcement number
// Config.History.Announcements from the end, whichever is nearer, so that joins and leaves do not
// push out what was said. An announcement is a message of codec.System, which no user's can be:
// every node knows it by its bytes, and the log marks it with a bit of its entry. Who comes back is a member behind
// from the start: it has a place among what is kept, is written from there, and is one
// of the others once it has reached them. Until then it is not too slow while what it has
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
// publishing goroutine before Publish returns, at most once a millisecond; every
// other pass runs on one of the workers of Hub.Serve, and a segment goes to the back
// of their queue after each, so that many rooms share them fairly. How many workers
// write, and whether segments rest between two passes, follows what the machine has
// to spare, where Config.Idle tells it.
//
// # Ownership and locks
//
// A segment is run by one goroutine at a time. While it runs, that goroutine owns
// Member.behind and Member.at of its members; everything else of a room is
// guarded by Room.mu. Lock order: shard.mu, Room.mu, queue.mu or digests.mu; renderings.mu
// and views.mu are each held alone. None is held while a Sink is called, but for its Name, so a Sink may call Drained
// at any time. Chunks are called with Room.mu held.
//
// LocalDirectory and natsbus.Directory have the same methods: they list rooms, members and messages of
// this node alone, or of all nodes.
//
// # What it does not do
//
// It stores nothing: a room of which nothing is kept any more, and where nobody is, is
// gone, and begins anew with another epoch.
package rooms
