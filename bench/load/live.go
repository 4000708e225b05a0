package load

import (
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// Live are the figures of one process during a run, or of several after Merge. Counts include the
// warm-up.
type Live struct {
	At          int64         `json:"at"`          // Monotonic; of several processes the earliest
	Connections uint64        `json:"connections"` // open now
	Sent        uint64        `json:"sent"`        // messages
	NotSent     uint64        `json:"not_sent"`    // due messages that could not be sent
	Delivered   uint64        `json:"delivered"`   // new messages at members, as of the last turn of each loop
	Lag         time.Duration `json:"lag"`         // the longest delay of a message that left since the previous call of Load.Live
	CPU         time.Duration `json:"cpu"`         // processor time since the process has started

	// Latency has the latencies of deliveries without the warm-up, as of the previous call of Load.Live.
	Latency latency.Histogram `json:"latency"`
}

// Merge adds the figures of another process of the same run.
func (f *Live) Merge(other Live) {
	f.At = min(f.At, other.At)
	f.Connections += other.Connections
	f.Sent += other.Sent
	f.NotSent += other.NotSent
	f.Delivered += other.Delivered
	f.Lag = max(f.Lag, other.Lag)
	f.CPU += other.CPU
	f.Latency.Merge(other.Latency)
}

// progress counts the messages of the sending thread so far. Only that thread adds to it. Load.Live
// reads it and resets lag.
type progress struct {
	sent    atomic.Uint64
	notSent atomic.Uint64
	lag     atomic.Int64 // nanoseconds, the largest since the previous call of Load.Live
}

// left counts a message that was sent late nanoseconds after its due time.
func (p *progress) left(late int64) {
	p.sent.Add(1)
	if late > p.lag.Load() {
		p.lag.Store(late)
	}
}

// Live returns the figures so far. The caller owns them. Any goroutine may call it, also while another
// one runs a method of the load.
func (l *Load) Live() Live {
	l.looking.Lock()
	defer l.looking.Unlock()
	f := Live{
		At: clock.Monotonic(), Connections: l.Connections(), Sent: l.sender.progress.sent.Load(), NotSent: l.sender.progress.notSent.Load(),
		Delivered: l.recv.delivered(), Lag: time.Duration(l.sender.progress.lag.Swap(0)), CPU: observe.OwnCPU(),
		Latency: latency.NewHistogram(),
	}
	for _, ln := range l.recv.lanes {
		ln.delivery.AddTo(f.Latency)
	}
	return f
}

// Connections returns how many connections are open. Any goroutine may call it.
func (l *Load) Connections() uint64 {
	open := l.pool.Stats().Open
	if l.slow != nil {
		open += l.slow.Stats().Open
	}
	return open
}
