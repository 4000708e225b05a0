package load

import (
	"fmt"
	"time"

	"plenum/bench/message"
)

// maxMessages bounds a run: the time of the last delivery of each is kept.
const maxMessages = 20_000_000

// MaxMembers bounds the members of a run, those at first and those in place of others. A
// greater number is a slip, and would take memory before it was noticed.
const MaxMembers = 10_000_000

// Plan says what a load does, for one process or for the shards of several.
type Plan struct {
	Target   Target
	Mark     message.Mark // its name is in the rooms' names, so that no run meets another's
	Sizes    []int        // members of each room
	Senders  int          // of each room, its first members
	Slow     int          // of each room, its last members, who stop reading
	Rate     float64      // messages a second, all rooms together, sent in turn
	Payload  int
	Words    bool          // fill it
	Warmup   time.Duration // its messages have no part in the latencies
	Duration time.Duration // measured, after Warmup
	Drain    time.Duration // bounds the wait for what is under way at the end
	Churn    float64       // members that leave and are replaced, a second
	Sample   int           // one delivery in so many is timed, a power of two
	RoomSeq  bool          // the server numbers a room's messages: check that too
	Loops    int
	Dialers  int

	Shard, Shards int // this process has the members whose number is Shard modulo Shards
}

// Members returns how many there are at first.
func (p *Plan) Members() (n int) {
	for _, size := range p.Sizes {
		n += size
	}
	return n
}

// joiners bounds how many come during the run.
func (p *Plan) joiners() int { return p.leaves().Hits(p.Warmup + p.Duration) }

// Streams returns how many senders there are, in all rooms together.
func (p *Plan) Streams() int { return len(p.Sizes) * p.Senders }

// hits is how many messages the whole of the run has.
func (p *Plan) hits() int { return Schedule{Rate: p.Rate}.Hits(p.Warmup + p.Duration) }

// each bounds the messages of one stream.
func (p *Plan) each() int { return p.hits()/p.Streams() + 1 }

// after returns the first number of a stream that is due later than so long after the
// start.
func (p *Plan) after(stream int, d time.Duration) uint64 {
	hit := int(d.Seconds()*p.Rate) + 1
	return uint64(max(0, hit-stream+p.Streams()-1)/p.Streams()) + 1
}

func (p *Plan) leaves() Schedule { return Schedule{Rate: max(p.Churn, 1e-9)} }

// own tells whether a member is this process's.
func (p *Plan) own(tag int) bool { return tag%p.Shards == p.Shard }

// stays tells whether the member at place within its room is never churned.
func (p *Plan) stays(place int) bool { return place < p.Senders || p.Churn == 0 }

func (p *Plan) room(room int) string { return fmt.Sprintf("%s-%d", p.Mark.Name(), room) }

func (p *Plan) user(tag int) string { return fmt.Sprintf("m%07d", tag) }

// Check refuses what cannot be run.
func (p *Plan) Check() error {
	whole := (p.Warmup + p.Duration).Seconds()
	messages := p.Rate*whole + float64(p.Streams())
	switch {
	case p.Churn*whole > MaxMembers:
		return fmt.Errorf("--leaves: makes %.0f members join, at most %d can be followed", p.Churn*whole, MaxMembers)
	case p.Payload < message.HeadSize:
		return fmt.Errorf("--payload: must be %d or more, got %d", message.HeadSize, p.Payload)
	case messages > maxMessages:
		return fmt.Errorf("--rate: makes %.0f messages, at most %d can be followed", messages, maxMessages)
	}
	for _, size := range p.Sizes {
		if size < p.Senders+p.Slow {
			return fmt.Errorf("--members: a room of %d cannot have %d senders and %d slow members", size, p.Senders, p.Slow)
		}
	}
	return p.Target.Check()
}

// Sampling returns one in how many deliveries is timed: all, up to a rate a
// second that costs the client nothing to speak of.
func Sampling(deliveries float64) int {
	const free = 2e6
	n := 1
	for deliveries/float64(n) > free {
		n *= 2
	}
	return n
}

// Dialing is how many connections a churn may have beyond the members.
func (p *Plan) Dialing() int {
	if p.Churn == 0 {
		return 0
	}
	return p.Dialers
}

// follows tells whether members are compared with an expected stream: if there is enough to
// do that it matters, and one number says where a member is.
func (p *Plan) follows() bool { return p.Sample > 1 && p.Senders == 1 }
