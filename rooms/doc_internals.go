// This file is for developers of the package. go doc does not print it. doc.go describes the package
// for its callers.
//
// # Parts and locks
//
// A Hub owns the rooms by name (registry, divided into shards), the queue of segments, the counters
// and the views. Serve runs four goroutines next to the workers. digests publishes announcements.
// pacing sets the number of active workers. The expirer drops old messages. The watch looks at
// pressed rooms. A Room consists of parts:
//
//	part        owns                                             files
//	log         the chunks of frames, and their readers          log.go, chunk*.go, view_rendering.go
//	history     the retained part of the log                     history*.go
//	members     the segments, and the members in them            membership.go, segment.go
//	presence    joins and leaves that are not announced yet      presence*.go, package names
//	overload    the counts of members behind, the pauses         overload*.go
//
// Room.mu guards all parts, except for fields that say otherwise: overload.pressed and
// overload.overloaded are atomic, and the watch owns overload.watch. A part that reads another part
// does so with Room.mu held. The Room itself owns the fields that decide whether it exists: gone, and
// the number of openers, which keep it.
//
// Flushes are in flush.go, flush_write.go and slow_member.go. One goroutine at a time flushes a
// segment. During the flush this goroutine owns Member.behind and Member.at of the segment's
// members. It takes Room.mu at the beginning (beginFlush) and at the end (endFlush), not while it
// writes.
//
// Lock order: shard.mu, then Room.mu, then one of the queue's lock, digests.mu and pressedRooms.mu.
// renderings.mu and views.mu are held alone.
//
// Some functions of the program are called with these locks held. Config.Frame and Config.Chunks are
// called with Room.mu, Config.Gap with Room.mu or none, Sink.Name with none or Room.mu. View.Render
// is called with the chunk's renderings.mu, or none. If the goroutine also holds shard.mu, this
// stays held during calls of Sink.Name and Config.Chunks.

package rooms
