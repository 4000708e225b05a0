package rooms

import "plenum/codec"

// Config says how a Hub works. A zero field means its default.
type Config struct {
	// Frame appends body, numbered seq, to dst as one unmasked WebSocket
	// frame; it adds at most Overhead bytes. Default: codec.AppendFrame.
	Frame    func(dst, body []byte, seq uint64) []byte
	Overhead int
	// Workers is how many goroutines write; default: one a core.
	Workers int
	// Chunks is memory for the logs of busy rooms; default: the heap.
	Chunks Chunks
	// Idle returns which part of the machine, 0 to 1, had nothing to do since it
	// was called last; ok is false where that is not known. Where little is left,
	// and at first, fewer workers write, and large rooms rest between two writes, up
	// to 20 ms. It is called every quarter of a second while there is anything to
	// write, by one goroutine. Default, and where it is not known: all workers
	// write always.
	Idle func() (part float64, ok bool)
	// SlowLag is how many bytes of the log a member may be behind before it
	// is closed with 1013, or skips; default 1 MiB.
	SlowLag int64
	// Gap appends to dst, as one unmasked WebSocket frame, what a member is told
	// that has skipped messages, before it goes on with those that follow. Default: no
	// member skips.
	Gap func(dst []byte, g codec.Gap) []byte
	// MaxRooms bounds the rooms that have members; default: no bound.
	MaxRooms int
	// History is what is kept of the messages; default: none. A room that has
	// some stays when its last member leaves.
	History History
	// AnnounceLimit is the largest room in which each join and leave is
	// announced; above it a digest a second tells how many. 0: digests
	// only, negative: neither.
	AnnounceLimit int
	// Anonymous is the name of all members without a name of their own. Each of them is
	// announced; of any other name the first connection to a room and the last one are.
	// Default: there is no such name.
	Anonymous string
	// Overloaded is told that a room has become overloaded, by one goroutine; default: nobody is.
	Overloaded func(Overload)
	// Bus has the rooms span nodes; default: they are this hub's alone. Then Open comes
	// before Join and Resume.
	Bus Bus
}
