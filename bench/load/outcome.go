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

// Finish ends the load and counts.
func (l *Load) Finish() *Outcome {
	l.wakeSlow()
	l.Stop()
	o := &l.out
	p := &Outcome{
		Start: l.began, Sent: o.Sent, Due: o.due, Last: make([]int64, len(o.due)),
		Refused: o.refused, Unsent: o.unsent, Fault: o.fault, Held: l.pool.HeldBack(),
		Delivery: latency.NewHistogram(), Lag: o.lag, Batches: latency.NewHistogram(), Usage: l.spent,
		Ended: l.ended.Load(), SlowEnded: l.slowEnded.Load(), End: orEmpty(l.firstEnd.Load()),
		Joins: latency.NewHistogram(), Joined: l.joins.joined.Load(), Left: l.joins.left.Load(),
		NotJoined: l.joins.failed.Load(), JoinFault: orEmpty(l.joins.fault.Load()),
	}
	if l.plan.Churn > 0 {
		p.Joins = l.joins.latency
	}
	for _, ln := range l.recv.lanes {
		p.lane(ln)
	}
	for tag := range l.recv.members {
		p.member(l, tag, l.all.Sent)
	}
	return p
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (p *Outcome) lane(ln *lane) {
	p.Fullest = max(p.Fullest, ln.fullest)
	p.Delivered += ln.delivered
	p.Foreign += ln.foreign
	p.Delivery.Merge(ln.delivery)
	p.Batches.Merge(ln.batches)
	for i, at := range ln.last {
		p.Last[i] = max(p.Last[i], at)
	}
}

func (p *Outcome) member(l *Load, tag int, sent []uint64) {
	m, senders := &l.recv.members[tag], l.plan.Senders
	if m.slow || l.clients[tag] == nil {
		return
	}
	for slot := range senders {
		stream := int(m.room)*senders + slot
		p.track(l, m, &l.recv.tracks[tag*senders+slot], stream, sent[stream])
	}
	if l.recv.rooms == nil {
		return
	}
	s := l.recv.rooms[tag]
	p.Room.Add(sequence.Flaws{Lost: s.Lost, Duplicated: s.Duplicated, OutOfOrder: s.OutOfOrder})
	p.Unnumbered += s.Unnumbered
	p.Numbered += s.Received
}

// settled is how long after its upgrade a member that joined has to be in its room.
const settled = 2 * time.Second

// track counts what member m had of a stream whose last number is sent. One that was
// there from the start must have all, one that joined what was due once it had
// settled; of one that left the last is not known.
func (p *Outcome) track(l *Load, m *member, t *sequence.Track, stream int, sent uint64) {
	p.Flaws.Add(t.Tally())
	from := uint64(1)
	if !m.first {
		from = l.all.number(stream, l.plan.after(stream, time.Duration(m.joined-l.began)+settled))
	}
	if t.First > from && !m.first { // first ones have their holes
		p.Flaws.Lost += t.First - from
	}
	if next := max(from, t.Last+1); next <= sent && !m.leaving.Load() {
		if m.ended {
			p.Flaws.Lost += sent + 1 - next
			return
		}
		p.Missing += sent + 1 - next
	}
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

func (p *Outcome) TotalSent() (n uint64) {
	for _, of := range p.Sent {
		n += of
	}
	return n
}

// MeasuredFrom returns when the first message that is measured was due, in microseconds.
func (p *Outcome) MeasuredFrom(of *Plan) int64 { return (p.Start + int64(of.Warmup)) / int64(1000) }
