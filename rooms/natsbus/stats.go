package natsbus

import "sync/atomic"

// stats are a node's counters.
type stats struct {
	batches, messages, conflicts, reads atomic.Uint64
	crowded, dropped, ended, downs      atomic.Uint64
	rollbacks                           atomic.Uint64
}

// Stats is a snapshot of a node's gauges and counters.
type Stats struct {
	Up        bool   // messages are taken
	Nodes     int    // that are there, this one among them
	Rooms     int    // subscribed to
	Batches   uint64 // of this node that the stream has taken
	Messages  uint64 // in them
	Conflicts uint64 // batches that another node's came before, and that were sent again
	Reads     uint64 // of the stream
	Crowded   uint64 // messages refused because so many waited for the brokers
	Dropped   uint64 // times that what came was dropped, and read again, because it came too fast
	Ended     uint64 // rooms here whose life had ended
	Downs     uint64 // times that the bus went away
	Rollbacks uint64 // rooms that this node had begin anew, because the stream had lost messages of theirs
}

// Stats reads the counters; each is exact, together they are not one moment.
func (b *Bus) Stats() Stats {
	s := &b.stats
	all := Stats{
		Up: b.Up(), Nodes: 1, Batches: s.batches.Load(), Messages: s.messages.Load(), Conflicts: s.conflicts.Load(),
		Reads: s.reads.Load(), Crowded: s.crowded.Load(), Dropped: s.dropped.Load(), Ended: s.ended.Load(), Downs: s.downs.Load(), Rollbacks: s.rollbacks.Load(),
	}
	b.mu.Lock()
	all.Nodes += len(b.alive(b.now()))
	b.mu.Unlock()
	b.each(func(s *subject) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.sub != nil {
			all.Rooms++
		}
	})
	return all
}
