package load

import (
	"cmp"
	"time"

	"plenum/bench/latency"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
)

// Outcome is what one process saw of a run.
type Outcome struct {
	Sent      []uint64          `json:"sent"`    // by stream
	Due       []int64           `json:"due"`     // by message, microseconds; 0: not sent here
	Last      []int64           `json:"last"`    // by message, when its last member here had it, nanoseconds; 0: nobody
	Start     int64             `json:"start"`   // when the first message was due, Monotonic
	Refused   uint64            `json:"refused"` // the backlog was full
	Unsent    uint64            `json:"unsent"`  // the connection had ended
	Fault     string            `json:"fault"`   // of the first message that could not be sent
	Held      wsclient.HeldBack `json:"held"`
	Delivered uint64            `json:"delivered"`
	Flaws     sequence.Flaws    `json:"flaws"`
	Missing   uint64            `json:"missing"`
	Room      sequence.Flaws    `json:"room"` // by the server's numbers
	// Unnumbered are messages without a server's number where one was expected.
	Unnumbered uint64 `json:"unnumbered"`
	Numbered   uint64 `json:"numbered"`
	Foreign    uint64 `json:"foreign"`

	Delivery latency.Histogram `json:"delivery"`
	Lag      latency.Histogram `json:"lag"`
	Batches  latency.Histogram `json:"batches"`
	Fullest  float64           `json:"fullest"` // of all loops and intervals, the largest part of one that a loop was not waiting
	Usage    Usage             `json:"usage"`

	Ended     uint64 `json:"ended"` // connections that the server should have kept
	SlowEnded uint64 `json:"slow_ended"`
	End       string `json:"end"` // how the first ended

	Joins     latency.Histogram `json:"joins"`
	Joined    uint64            `json:"joined"`
	Left      uint64            `json:"left"`
	NotJoined uint64            `json:"not_joined"`
	JoinFault string            `json:"join_fault"`
}

// Took returns how long it was from the schedule's start to its end, or to the last
// delivery where that was later.
func (p *Outcome) Took(of *Plan) time.Duration {
	last := p.Start
	for _, at := range p.Last {
		last = max(last, at)
	}
	return min(time.Duration(p.Usage.At), max(of.Warmup+of.Duration, time.Duration(last-p.Start)))
}

// Merge adds another process's part.
func (p *Outcome) Merge(other *Outcome) {
	for i, n := range other.Sent {
		p.Sent[i] += n
	}
	for i, at := range other.Due {
		p.Due[i] = max(p.Due[i], at)
		p.Last[i] = max(p.Last[i], other.Last[i])
	}
	p.Refused += other.Refused
	p.Unsent += other.Unsent
	p.Held.Merge(other.Held)
	p.Delivered += other.Delivered
	p.Flaws.Add(other.Flaws)
	p.Missing += other.Missing
	p.Room.Add(other.Room)
	p.Unnumbered += other.Unnumbered
	p.Numbered += other.Numbered
	p.Foreign += other.Foreign
	p.Ended += other.Ended
	p.SlowEnded += other.SlowEnded
	p.Joined += other.Joined
	p.Left += other.Left
	p.NotJoined += other.NotJoined
	p.Fault, p.End, p.JoinFault = cmp.Or(p.Fault, other.Fault), cmp.Or(p.End, other.End), cmp.Or(p.JoinFault, other.JoinFault)
	p.Delivery.Merge(other.Delivery)
	p.Lag.Merge(other.Lag)
	p.Batches.Merge(other.Batches)
	p.Joins.Merge(other.Joins)
	p.Fullest = max(p.Fullest, other.Fullest)
	p.Usage.merge(other.Usage)
}

// Completion returns how long each message measured took to its last member.
func (p *Outcome) Completion(from int64) latency.Histogram {
	h := latency.NewHistogram()
	for i, due := range p.Due {
		if due >= from && due > 0 && p.Last[i] > 0 {
			h.Record(p.Last[i]/1000 - due)
		}
	}
	return h
}

// TotalSent returns how many messages of all streams were sent.
func (p *Outcome) TotalSent() (n uint64) {
	for _, of := range p.Sent {
		n += of
	}
	return n
}

// MeasuredFrom returns when the first message that is measured was due, in microseconds.
func (p *Outcome) MeasuredFrom(of *Plan) int64 { return (p.Start + int64(of.Warmup)) / int64(1000) }
