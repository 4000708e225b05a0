package wsclient

import "sync/atomic"

// Stats counts the events of a Pool since it was created. Open is a current value. The data of
// a read is counted after its callbacks.
type Stats struct {
	Open     uint64 // clients with a socket
	Clean    uint64 // connections ended by a closing handshake
	Broken   uint64 // connections ended without one
	Faults   uint64 // of the broken ones, those whose server violated the protocol
	Frames   uint64 // received, of all kinds
	Messages uint64 // passed to OnMessage or consumed by OnFrames
	Bytes    uint64 // received, headers included, as on the wire
	Pings    uint64 // received, CountPing included
	Sent     uint64 // messages accepted by Send
	Refused  uint64 // frames refused because the backlog was full
}

// counters are one loop's part of Stats. Only the loop writes the first group, once per read,
// so frames cost no atomic operation.
type counters struct {
	frames, messages, bytes, pings atomic.Uint64

	open                  atomic.Int64
	clean, broken, faults atomic.Uint64
	sent, refused         atomic.Uint64
}

// tally counts the data of one read.
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

// Since returns the counts from before to s. Open, Clean, Broken and Faults are not changed.
func (s Stats) Since(before Stats) Stats {
	s.Frames -= before.Frames
	s.Messages -= before.Messages
	s.Bytes -= before.Bytes
	s.Pings -= before.Pings
	s.Sent -= before.Sent
	s.Refused -= before.Refused
	return s
}

// Plus adds the counts of another process. Open, Clean, Broken and Faults are not changed.
func (s Stats) Plus(other Stats) Stats {
	s.Frames += other.Frames
	s.Messages += other.Messages
	s.Bytes += other.Bytes
	s.Pings += other.Pings
	s.Sent += other.Sent
	s.Refused += other.Refused
	return s
}
