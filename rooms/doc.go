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
// A member may read another view of the log: the same frames in another form, such as
// deflated ones, or events. A chunk's frames are rendered in a view by the first run that
// needs them, outside all locks but the chunk's own for its views, and once for all
// members. What nobody stands in any more is dropped at the keeper's next look, so that those
// who come back one after the other share it. Places and bounds are those of the log.
//
// History is the same log, kept a little longer: a chunk stays while it has one of the
// latest Config.History.Messages that is not too old, and of all rooms the least recently
// used lose theirs where they take too much together. Who comes back is a member behind
// from the start: it has a place among what is kept, is written from there, and is one
// of the others once it has reached them. Until then it is not too slow while what it has
// yet to read is kept anyhow.
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
// is held alone. None is held while a Sink is called, so a Sink may call Drained at any
// time. Chunks are called with Room.mu held.
//
// # What it does not do
//
// It stores nothing: a room of which nothing is kept any more, and where nobody is, is
// gone, and begins anew with another epoch.
package rooms
