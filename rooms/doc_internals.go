// This file is for developers of the package. go doc does not print it. doc.go describes the package
// for its callers.
//
// # Parts and locks
//
// A Hub owns the rooms by name (registry, divided into shards), the queue of segments and rounds, the
// counters, the views and the memory of large chunks (chunk_memory.go).
//
// A shard has its rooms twice: in a map to find a room, and sorted (package sorted) for pages of rooms. A
// page takes the first names from each shard, and stops in a shard at the first name that comes after the
// page.
//
// Serve runs up to four goroutines next to the workers: digests publishes announcements, the expirer drops
// old messages, the watch looks at pressed rooms, and reports calls the Observer.
//
// A Room consists of parts:
//
//	part        owns                                             files
//	log         the chunks of frames, and their readers          log.go, chunk.go, chunk_quiet.go, view_rendering.go
//	history     the retained part of the log                     history*.go
//	members     the segments, and the members in them            membership.go, segment.go, rounds.go
//	presence    joins and leaves that are not announced yet      presence*.go, announcer.go, users.go, package names
//	observed    joins and leaves that are not reported yet       observer*.go, package names
//	overload    the counts of members behind, the pauses         overload*.go
//	delay       frames that are held for more messages           write_delay.go
//	rare        the state that few rooms need                    room.go, exclusion.go, extra.go, kept.go
//
// Room.mu guards all parts, except for fields that say otherwise: overload.pressed and
// overload.overloaded are atomic, and the watch owns overload.watch. A part that reads another part
// does so with Room.mu held. The Room itself owns the fields that decide whether it exists: gone, and
// the number of openers, which keep it.
//
// Flushes are in flush.go, flush_write.go and slow_member.go; flushers.go has the goroutines that flush.
// One goroutine at a time flushes a segment. A segment's state says what it waits for:
//
//	state     what it waits for                              next state
//	idle      a message, a drained member or WriteDelay      queued; flushing for an inline flush or a round
//	queued    a goroutine that takes it from the queue       flushing
//	flushing  the end of the flush                           queued if there is more to write, otherwise idle
//
// If a room has several segments, a publish does not change their states. It notes where the new frames
// begin, and starts a round, which is one piece of work in the queue. The goroutine that takes it visits
// the next segments, begins the flushes of the idle ones with something to write, and queues the round
// again. A segment that a round has not visited yet is idle and has no chunk, but its position is before
// the head. The note counts as a reader of the chunk with the oldest such position. Frames that are
// appended during a round have a second note, and another round follows. If there is a single segment, and
// no round is left from before, a publish queues the segment itself, or returns it for an inline flush.
// Member.Drained queues the member's segment in every room.
//
// The queue (package queue) is divided into shards, one per worker. A poller pushes to one of them, and
// calls Poller.AfterTurn with the job of this shard. A worker pushes to its own, also the rest of a room
// that it has stolen. All other goroutines push to the shards in turn, and wake the shard's worker. So
// queued work never waits without a goroutine that will look into its shard: the poller's job, or the
// shard's worker. While a round is active and not in the queue, a goroutine has it and is about to push it.
//
// During a flush, the flushing goroutine owns Member.behind and Member.at of the segment's members. It
// takes Room.mu at the beginning (beginFlushes) and at the end (moveOn), not while it writes. Both are for
// several segments at once. The flush reads the segment's slice of members: a leave during the flush
// replaces the slice, and a join appends to it.
//
// An exclusion is added to the room's list when wake has made the segments readers of its chunk. The list is
// shortened when it is full: frames before the first chunk with a reader were written to all members. A leave
// removes the exclusions of its member, so the list never keeps the memory of members that have left. A flush
// copies the exclusions that concern it at its beginning.
//
// The extras of a room are a list, too. A flush copies the slice, not its elements, so elements are never
// changed. Extras are dropped from the front when the log has dropped their frames.
//
// Lock order: shard.mu, then Room.mu, then one of the queue's locks, digests.mu, reports.mu and pressedRooms.mu.
// renderings.mu and views.mu are held alone. reports.visiting is taken before all others, and held during calls
// of Observer.Observe.
//
// Some functions of the program are called with these locks held:
//
//	Room.mu                   Config.Frame, Config.Extra, Config.Keeps, Chunks.Get, Announcer.IsAnnouncement,
//	                          Poller.InBatch, Observer.Observes
//	Room.mu, or none          Config.Gap, Sink.Name, Informer.Info, Poller.AfterTurn, Poller.Poller
//	shard.mu, or none         Announcer.Announces, History.Of
//	renderings.mu, or none    View.Render, ExtraRenderer.RenderExtra
//
// A join also holds shard.mu while it calls Sink.Name and Observer.Observes.
//
// Chunks.Put is called with no lock, because it may be a system call on 256 KiB of memory. These
// functions drop chunks, and call chunkMemory.giveBack when they have unlocked the room:
//
//	Hub.flush          frames that all members have read, or that are no longer retained
//	Room.publish       the same in a room without members; a configured chunk too small for the frame
//	Room.deliver       the same
//	Room.leave         frames that only the member kept
//	history.reduce     frames that are too old, or over History.Memory; after Hub.Messages
//	shard.removeEmpty  the log of a room that ends
//	Room.abandon       the log of a room that was not added to the registry

package rooms
