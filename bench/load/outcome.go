package load

import (
	"cmp"
	"time"

	"plenum/bench/latency"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
)

// Outcome has the counts and latencies of one process, or of several after Merge. Times are Monotonic.
//
// Slices by message have room for Plan.each messages per stream. Message n of a stream, from 1, has the
// index stream*each + n-1.
type Outcome struct {
	Sent      []uint64          `json:"sent"`    // by stream
	Due       []int64           `json:"due"`     // by message, microseconds; 0: not sent by this process
	Last      []int64           `json:"last"`    // by message: when the last member of this process received it, nanoseconds; 0: no member did
	Start     int64             `json:"start"`   // due time of the first message, nanoseconds
	Refused   uint64            `json:"refused"` // messages not sent because the backlog was full
	Unsent    uint64            `json:"unsent"`  // messages not sent because the connection had ended
	Fault     string            `json:"fault"`   // error of the first message that was not sent
	Held      wsclient.HeldBack `json:"held"`    // messages that waited in the backlog
	Delivered uint64            `json:"delivered"`
	Flaws     sequence.Flaws    `json:"flaws"`   // by the numbers in the texts
	Missing   uint64            `json:"missing"` // deliveries that had not arrived at the end of the drain
	Room      sequence.Flaws    `json:"room"`    // by the server's numbers
	// Unnumbered counts messages without a server's number, and Numbered those with one.
	Unnumbered uint64 `json:"unnumbered"`
	Numbered   uint64 `json:"numbered"`
	Foreign    uint64 `json:"foreign"` // texts of another room, or damaged
	Echoed     uint64 `json:"echoed"`  // deliveries to their own sender, with Target.NoSelf

	Stages          []StageCounts     `json:"stages,omitempty"` // of the plan's stages
	Delivery        latency.Histogram `json:"delivery"`
	Lag             latency.Histogram `json:"lag"`              // how late messages left, without the warm-up
	Batches         latency.Histogram `json:"batches"`          // how long a loop was away from its sockets
	BusiestInterval float64           `json:"busiest_interval"` // the largest busy share of any loop in any interval, 0 to 1
	Usage           Usage             `json:"usage"`

	Series []Interval `json:"series,omitempty"`  // by interval of Plan.Every
	LostOf []uint32   `json:"lost_of,omitempty"` // by message: its deliveries that were lost or missing; nil without a series

	Ended     uint64 `json:"ended"`      // connections that the server ended, without slow members
	SlowEnded uint64 `json:"slow_ended"` // slow members that the server ended
	Stalls    uint64 `json:"stalls"`     // times that a slow member stopped reading
	End       string `json:"end"`        // how the first connection in Ended ended
	Refusal   string `json:"refusal"`    // the first message by which the server refused a request, in words; empty: none

	Ends wsclient.EndCounts `json:"ends"` // the connections in Ended, by how they ended

	Joins     latency.Histogram `json:"joins"` // of joins, from the due time until the hello messages are sent
	Joined    uint64            `json:"joined"`
	Left      uint64            `json:"left"`
	NotJoined uint64            `json:"not_joined"` // joins that failed, and reconnections of slow members
	JoinFault string            `json:"join_fault"` // error of the first of these

	Agents []AgentUse `json:"-"` // of the whole run, in the order of Plan.Agents
}

// AgentUse has the figures of one generator on another machine.
type AgentUse struct {
	Address   string
	Delivered uint64
	Usage     Usage
	Drift     time.Duration // by which its clock had moved against the leader's at the end of the run
	Uncertain time.Duration // the most by which the two clocks may have differed during the run
}

// Took returns the duration of the run: from the start to the end of the schedule, or to the last
// delivery if that was later. It is at most the time until the end of the drain, because a run may have
// been cut.
func (p *Outcome) Took(of *Plan) time.Duration {
	last := p.Start
	for _, at := range p.Last {
		last = max(last, at)
	}
	return min(time.Duration(p.Usage.At), max(of.Warmup+of.Duration, time.Duration(last-p.Start)))
}

// Merge adds the outcome of another process of the same run.
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
	p.Echoed += other.Echoed
	p.Ended += other.Ended
	p.Ends.Merge(other.Ends)
	p.SlowEnded += other.SlowEnded
	p.Stalls += other.Stalls
	p.mergeSeries(other)
	p.Joined += other.Joined
	p.Left += other.Left
	p.NotJoined += other.NotJoined
	p.Fault, p.End, p.JoinFault = cmp.Or(p.Fault, other.Fault), cmp.Or(p.End, other.End), cmp.Or(p.JoinFault, other.JoinFault)
	mergeStages(p.Stages, other.Stages)
	p.Refusal = cmp.Or(p.Refusal, other.Refusal)
	p.Delivery.Merge(other.Delivery)
	p.Lag.Merge(other.Lag)
	p.Batches.Merge(other.Batches)
	p.Joins.Merge(other.Joins)
	p.BusiestInterval = max(p.BusiestInterval, other.BusiestInterval)
	p.Usage.merge(other.Usage)
}

// Completion returns the latencies of messages at their last member, for messages due at from
// or later and before to. Both are in microseconds.
func (p *Outcome) Completion(from, to int64) latency.Histogram {
	h := latency.NewHistogram()
	for i, due := range p.Due {
		if due >= from && due < to && due > 0 && p.Last[i] > 0 {
			h.Record(p.Last[i]/1000 - due)
		}
	}
	return h
}

// TotalSent returns the number of sent messages of all streams.
func (p *Outcome) TotalSent() (n uint64) {
	for _, of := range p.Sent {
		n += of
	}
	return n
}

// MeasuredFrom returns the end of the warm-up, in microseconds of the clock. Messages due before it are
// not timed.
func (p *Outcome) MeasuredFrom(of *Plan) int64 { return of.measuredFrom(p.Start) }
