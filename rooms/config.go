package rooms

import (
	"time"

	"plenum/codec"
)

// Config configures a Hub. The zero value of a field means its default.
type Config struct {
	// Frame appends body, the message with number seq, to dst as one unmasked WebSocket frame. It
	// adds at most Overhead bytes. It is called with a room's lock held. Default: codec.AppendFrame
	// and codec.FrameOverhead.
	Frame    func(dst, body []byte, seq uint64) []byte
	Overhead int
	// Extra returns the text that the frame of an announcement leaves out of body, or nothing. Only members whose View is an
	// ExtraRenderer receive it. Extra is called with a room's lock held, for announcements only. Default: codec.InfoOf if Frame
	// has its default, otherwise frames leave nothing out.
	Extra func(body []byte) []byte
	// Excluded returns the member of the room that is not written the message body, or nil if all members
	// are. It is called for each message before it is appended, also for announcements: with a Bus on
	// each node that delivers the message, otherwise by the publisher. It may be called more than once
	// per message. A result that is no member of the room when the message is appended has no effect.
	// See Exclusion in the package comment. Default: no member is excluded.
	Excluded func(room string, body []byte) *Member
	// Workers is the number of goroutines that flush segments if the publisher has no Poller, or if the
	// room is very large. Default: GOMAXPROCS.
	Workers int
	// Chunks provides memory for the logs of busy rooms. Default: the heap.
	Chunks Chunks
	// WriteDelay is the time that a room waits after a message before it is flushed, so that more
	// messages share a write. 64 KiB of frames, or a quarter of SlowLag if that is less, end the wait.
	// Default: 0, no wait.
	WriteDelay time.Duration
	// SlowLag is the number of bytes of the log that a member may be behind before it is closed
	// with 1013, or skips. Default: 1 MiB. The package comment has the exceptions.
	SlowLag int64
	// Gap appends g to dst as one unmasked WebSocket frame, for a member that has skipped messages.
	// Default: no member skips; a member that is too far behind is closed. Gap also encodes the gaps
	// that Room.Deliver finds, with the room's lock held; for them the default is codec.AppendGap.
	Gap func(dst []byte, g codec.Gap) []byte
	// MaxRooms bounds the number of rooms that have members. Default: no bound.
	MaxRooms int
	// History bounds the retained messages. A room that retains any stays when its last member
	// leaves. Default: none are retained.
	History History
	// Keeps reports whether the room keeps a copy of the message body as its kept message, in place of the
	// previous one, for KeepFor. It is called with a room's lock held, for each message. See Kept messages
	// in the package comment. Default of Keeps: no message is kept. Default of KeepFor: 30 minutes.
	Keeps   func(room string, body []byte) bool
	KeepFor time.Duration
	// AnnounceLimit is the size of the largest room that announces each join and leave by name.
	// Larger rooms receive a digest per second, or nothing, see Announcer. Default: 0, all rooms receive
	// digests; negative: nothing is announced.
	AnnounceLimit int
	// Announcer decides how joins and leaves are announced, and encodes the announcements. Default: Prose,
	// sentences by codec.System, with ByNameOrDigest.
	Announcer Announcer
	// Anonymous is the name of all members that have no name of their own. Each of their joins and
	// leaves is announced. For any other name, only the join of its first connection and the leave
	// of its last one are announced. Default: there is no such name.
	Anonymous string
	// Overloaded is called up to 100 ms after a room has become overloaded, by one goroutine. If the
	// overload has ended by then, it is only counted (Overloads). Overloaded should not block: that delays
	// the resuming of paused publishers. Default: not called.
	Overloaded func(Overload)
	// Observer is told which rooms have members, and the names of the members. Default: there is no Observer.
	Observer Observer
	// Bus lets rooms span nodes; then Hub.Open precedes Join and Resume. Default: the rooms exist
	// in this hub only.
	Bus Bus
}
