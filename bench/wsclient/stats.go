package wsclient

import "sync/atomic"

// Stats counts what a Pool did since it was made; Open is of now. What a read
// brought is counted after its callbacks.
type Stats struct {
	Open     uint64 // clients with a socket
	Clean    uint64 // ended by a closing handshake
	Broken   uint64 // ended without one
	Faults   uint64 // failed for a breach of the protocol by the server
	Frames   uint64 // received, of all kinds
	Messages uint64 // given to OnMessage
	Bytes    uint64 // received, headers included, as on the wire
	Pings    uint64 // received
	Sent     uint64 // messages that Send took
	Refused  uint64 // frames for which the backlog had no room
}

// counters are one loop's part of Stats. Those above the line are written by the
// loop alone, once a read, so that a frame costs no atomic operation.
type counters struct {
	frames, messages, bytes, pings atomic.Uint64

	open                  atomic.Int64
	clean, broken, faults atomic.Uint64
	sent, refused         atomic.Uint64
}

// tally is what one read brought.
type tally struct {
	frames, messages, bytes, pings uint64
}

func (c *counters) add(t tally) {
	c.frames.Store(c.frames.Load() + t.frames)
	c.messages.Store(c.messages.Load() + t.messages)
	c.bytes.Store(c.bytes.Load() + t.bytes)
	c.pings.Store(c.pings.Load() + t.pings)
}

func (c *counters) addTo(s *Stats) {
	s.Open += uint64(c.open.Load())
	s.Clean += c.clean.Load()
	s.Broken += c.broken.Load()
	s.Faults += c.faults.Load()
	s.Frames += c.frames.Load()
	s.Messages += c.messages.Load()
	s.Bytes += c.bytes.Load()
	s.Pings += c.pings.Load()
	s.Sent += c.sent.Load()
	s.Refused += c.refused.Load()
}

// Since returns what was counted from before to s. Open, Clean, Broken and Faults stay.
func (s Stats) Since(before Stats) Stats {
	s.Frames -= before.Frames
	s.Messages -= before.Messages
	s.Bytes -= before.Bytes
	s.Pings -= before.Pings
	s.Sent -= before.Sent
	s.Refused -= before.Refused
	return s
}

// Plus adds what the pool of another process counted meanwhile. Open, Clean, Broken and
// Faults stay.
func (s Stats) Plus(other Stats) Stats {
	s.Frames += other.Frames
	s.Messages += other.Messages
	s.Bytes += other.Bytes
	s.Pings += other.Pings
	s.Sent += other.Sent
	s.Refused += other.Refused
	return s
}
